#!/bin/sh
# The server's programs have to be there; what an earlier attempt left must not be.
set -eu
if ! command -v exportfs >/dev/null 2>&1; then
	echo "nfs-kernel-server is not installed on this node" >&2
	exit 2
fi
mkdir -p /etc/exports.d
rm -f /etc/exports.d/kubelab-lab.exports
exportfs -ra
