#!/bin/sh
# What a node without nfs-common lacks. The package itself stays, as a node may have no Internet to get it again.
set -eu
mkdir -p /root/nfs-common
for name in mount.nfs mount.nfs4; do
	[ ! -e "/sbin/$name" ] || mv "/sbin/$name" /root/nfs-common/
done
