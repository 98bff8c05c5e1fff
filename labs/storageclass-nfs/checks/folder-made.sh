#!/bin/sh
# Whether there is a folder for the claim data.
for folder in /srv/nfs/kubelab-lab/"$KUBELAB_NAMESPACE"-data-pvc-*; do
	[ ! -d "$folder" ] || exit 0
done
exit 1
