#!/bin/sh
set -eu
for folder in /srv/nfs/kubelab-lab/"$KUBELAB_NAMESPACE"-data-pvc-*; do
	echo "page $WORD" >"$folder/index.html"
done
