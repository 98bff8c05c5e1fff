#!/bin/sh
set -eu
rm -f /etc/exports.d/kubelab-lab.exports
exportfs -ra
rm -rf /srv/nfs/lab /srv/nfs/labs
rmdir /srv/nfs 2>/dev/null || true
