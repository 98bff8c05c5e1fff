#!/bin/sh
set -eu
[ -d /root/nfs-common ] || exit 0
for name in mount.nfs mount.nfs4; do
	if [ -e "/root/nfs-common/$name" ] || [ -L "/root/nfs-common/$name" ]; then mv "/root/nfs-common/$name" /sbin/; fi
done
rmdir /root/nfs-common
