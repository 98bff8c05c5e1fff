#!/bin/sh
# The server's programs have to be there; what an earlier attempt left must not be.
set -eu
if ! command -v exportfs >/dev/null 2>&1; then
	echo "nfs-kernel-server is not installed on this node" >&2
	exit 2
fi
# How the server was before the first of the labs that use it: the last of them to end puts that back.
server=/var/lib/kubelab-nfs-server
mkdir -p "$server"
if [ ! -f "$server/before" ]; then
	boot=disable
	now=stop
	if systemctl is-enabled --quiet nfs-server.service; then boot=enable; fi
	if systemctl is-active --quiet nfs-server.service; then now=start; fi
	echo "$boot $now" >"$server/before.part"
	mv "$server/before.part" "$server/before"
fi
touch "$server/used-by-nfs"
mkdir -p /etc/exports.d
rm -f /etc/exports.d/kubelab-lab.exports
exportfs -ra
