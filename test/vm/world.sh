#!/bin/sh
# A libvirt of its own, in namespaces of its own: no machine, network or rule of it is seen by the host, and all of it ends
# with this script. KVM is hidden, so that machines are emulated wherever this runs. Run as root:
#   world.sh FOLDER
# FOLDER keeps libvirt's disks and settings, and has the file `ready` once libvirt answers.
set -eu
folder=$1

if [ "${KUBELAB_WORLD:-}" = '' ]; then
	: >"$folder/host-network"
	KUBELAB_WORLD=outer exec unshare --mount --propagation private sh "$0" "$@"
fi
if [ "$KUBELAB_WORLD" = outer ]; then
	mount --bind /proc/self/ns/net "$folder/host-network"
	KUBELAB_WORLD=inner exec unshare --mount --net --pid --fork --kill-child --mount-proc --propagation private sh "$0" "$@"
fi

ip link set lo up
mkdir -p "$folder/lib/images" "$folder/lib/qemu" "$folder/lib/boot" "$folder/lib/dnsmasq" "$folder/lib/network" "$folder/bin"
mount -t tmpfs tmpfs /run
mkdir -p /run/lock
mount --bind "$folder/lib" /var/lib/libvirt
if [ -e /dev/kvm ]; then mount --bind /dev/null /dev/kvm; fi
cp -a /etc/libvirt "$folder/etc"
rm -rf "$folder"/etc/qemu/networks/autostart "$folder"/etc/storage
mount --bind "$folder/etc" /etc/libvirt
cat >/etc/libvirt/qemu.conf <<'CONF'
user = "root"
group = "root"
security_driver = "none"
remember_owner = 0
cgroup_controllers = [ ]
CONF

# What fetches packages or Go modules has to leave.
cat >"$folder/bin/mmdebstrap" <<SHIM
#!/bin/sh
exec nsenter --net="$folder/host-network" /usr/bin/mmdebstrap "\$@"
SHIM
chmod +x "$folder/bin/mmdebstrap"
if go=$(command -v go); then
	cat >"$folder/bin/go" <<SHIM
#!/bin/sh
exec nsenter --net="$folder/host-network" "$go" "\$@"
SHIM
	chmod +x "$folder/bin/go"
fi

virtlogd --daemon
libvirtd --daemon
tries=0
until virsh --connect qemu:///system version >/dev/null 2>&1; do
	tries=$((tries + 1))
	[ "$tries" -lt 100 ] || exit 1
	sleep 0.3
done
touch "$folder/ready"
# The first process of a namespace takes in the orphans of the others. libvirt waits for those of QEMU to be gone, so this
# must be one that looks after them: a shell does while it waits.
while :; do
	sleep 1 &
	wait "$!" || true
done
