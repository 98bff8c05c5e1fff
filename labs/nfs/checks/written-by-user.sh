#!/bin/sh
# A file that grows, and that belongs to the user of the pod, not to root or nobody.
file=/srv/nfs/lab/log/lines
[ "$(stat -c %u "$file" 2>/dev/null)" = 1000 ] || exit 1
[ $(($(date +%s) - $(stat -c %Y "$file"))) -le 30 ] || exit 1
