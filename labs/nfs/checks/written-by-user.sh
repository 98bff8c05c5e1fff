#!/bin/sh
# A file that grows, and that belongs, like its folder, to the user and group of the pod, not to root or nobody.
folder=/srv/nfs/lab/log
[ "$(stat -c %u:%g "$folder" 2>/dev/null)" = 1000:1000 ] || exit 1
[ "$(stat -c %u:%g "$folder/lines" 2>/dev/null)" = 1000:1000 ] || exit 1
[ $(($(date +%s) - $(stat -c %Y "$folder/lines"))) -le 30 ] || exit 1
