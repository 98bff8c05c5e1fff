#!/bin/sh
# What a node without nfs-common lacks. The package itself stays, as a node may have no Internet to get it again.
set -eu
mkdir -p /root/nfs-common
for name in mount.nfs mount.nfs4; do
	# The second is a link to the first, and leads nowhere once that has gone.
	if [ -e "/sbin/$name" ] || [ -L "/sbin/$name" ]; then mv "/sbin/$name" /root/nfs-common/; fi
done
