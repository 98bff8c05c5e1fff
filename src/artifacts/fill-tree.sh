#!/bin/sh
# Makes a plain root file system tree into a node image, or into a virtual machine's base box, natively. Run as root by
# kubelab; by hand:
#   fill-tree.sh TREE PROVISION ENV ARTIFACTS [vm]
# TREE is the root file system, PROVISION the folder of scripts, ENV their env file, ARTIFACTS what they install.
# All mounts are made in a mount namespace of its own, so that none outlives this script.
set -eu

if [ "${KUBELAB_INSIDE:-}" != yes ]; then
	KUBELAB_INSIDE=yes exec unshare --mount --pid --fork --kill-child --propagation private sh "$0" "$@"
fi
tree=$1 provision=$2 env=$3 artifacts=$4 scripts=${5:-image}

mkdir -p "$tree/opt/kubelab/node" "$tree/var/lib/kubelab/artifacts"
rm -rf "$tree/opt/kubelab/provision"
cp -R "$provision" "$tree/opt/kubelab/provision"
install -m 0600 "$env" "$tree/opt/kubelab/node/env"
mount --bind -o ro "$artifacts" "$tree/var/lib/kubelab/artifacts"
mount -t proc proc "$tree/proc"
mount --bind /dev "$tree/dev"
mount -t tmpfs tmpfs "$tree/run"
mount -t tmpfs tmpfs "$tree/tmp"
chroot "$tree" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
	sh /opt/kubelab/provision/run.sh "$scripts"
umount "$tree/var/lib/kubelab/artifacts" "$tree/tmp" "$tree/run" "$tree/dev" "$tree/proc"

# What must differ between nodes is not in their image.
rm -rf "$tree/opt/kubelab" "$tree/var/lib/kubelab/artifacts"
rm -f "$tree"/etc/ssh/ssh_host_*_key "$tree"/etc/ssh/ssh_host_*_key.pub
: >"$tree/etc/machine-id"
