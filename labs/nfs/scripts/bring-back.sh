#!/bin/sh
# Mounts of a server that is away hang, and so does everything that should be removed: it has to be there first.
set -eu
[ -f /etc/exports.d/kubelab-lab.exports ] || [ -d /srv/nfs/lab ] || exit 0
mkdir -p /etc/exports.d
echo '/srv/nfs/lab *(rw,sync,no_subtree_check)' >/etc/exports.d/kubelab-lab.exports
systemctl enable --now --quiet nfs-server.service
exportfs -ra
