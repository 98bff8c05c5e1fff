#!/bin/sh
# Whether the folder of data has another name now, with the page still in it.
folder=/srv/nfs/kubelab-lab
for live in "$folder/$KUBELAB_NAMESPACE"-data-pvc-*; do
	[ ! -d "$live" ] || exit 1
done
grep -qs "page $WORD" "$folder/archived-$KUBELAB_NAMESPACE"-data-pvc-*/index.html || exit 1
