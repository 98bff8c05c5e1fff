#!/bin/sh
# Mounts of a server that is away hang, and so does everything that should be removed: it has to be there first.
set -eu
[ -f /etc/exports.d/kubelab-lab.exports ] || exit 0
echo '/srv/nfs/lab *(rw,sync,no_subtree_check)' >/etc/exports.d/kubelab-lab.exports
systemctl enable --now --quiet nfs-kernel-server.service
exportfs -ra
