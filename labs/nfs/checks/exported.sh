#!/bin/sh
# The folder is exported to both workers, for writing, to nobody else, and with root squashed.
list=$(exportfs -v 2>/dev/null | tr '\n\t' '  ' | sed 's/\([^ ]\)  */\1 /g; s, /,\n/,g')
mine=$(printf '%s\n' "$list" | grep '^/srv/nfs/lab ' | tr '\n' ' ')
[ "$(printf '%s' "$mine" | grep -o '(' | wc -l)" -eq 2 ] || exit 1
case $mine in
*no_root_squash*) exit 1 ;;
esac
for node in worker1 worker2; do
	address=$(getent hosts "$node" | awk '{print $1; exit}')
	[ -n "$address" ] || exit 2
	printf '%s' "$mine" | grep -Eq "(^| )$address ?\([^)]*rw" || exit 1
done
