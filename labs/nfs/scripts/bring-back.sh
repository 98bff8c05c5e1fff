#!/bin/sh
# Mounts of a server that is away hang, and so does everything that should be removed: it has to be there first.
set -eu
own=/etc/exports.d/kubelab-lab.exports
# What is exported twice is an error. Whoever put the lines into another file has them there still; a line goes on where it
# ends with a backslash.
for file in /etc/exports /etc/exports.d/*.exports; do
	[ -f "$file" ] && [ "$file" != "$own" ] || continue
	sed -E -i -e :line -e '/\\$/{' -e N -e 'b line' -e '}' -e '\,^"?/srv/nfs/labs?["[:space:]],d' "$file"
done
[ -f "$own" ] || [ -d /srv/nfs/lab ] || exit 0
mkdir -p /etc/exports.d
echo '/srv/nfs/lab *(rw,sync,no_subtree_check)' >"$own"
systemctl enable --now --quiet nfs-server.service
exportfs -ra
