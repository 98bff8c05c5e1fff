#!/bin/sh
# Removes what the lab keeps on this node.
set -eu
keep=/var/lib/kubelab-lab
[ -d "$keep" ] || exit 0
systemctl stop kubelab-lab-cache.service 2>/dev/null || true
if mountpoint -q "$keep/disk"; then umount -l "$keep/disk"; fi
rm -rf "$keep"
