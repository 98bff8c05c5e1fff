#!/bin/sh
systemctl is-active --quiet nfs-kernel-server.service && systemctl is-enabled --quiet nfs-kernel-server.service || exit 1
[ "$(cat /proc/fs/nfsd/threads 2>/dev/null || echo 0)" -gt 0 ] || exit 1
