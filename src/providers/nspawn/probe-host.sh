#!/bin/sh
# Tries what nodes need of this host's kernel, in namespaces of its own that vanish with it. Run as root by kubelab; by hand:
#   probe-host.sh
# Prints one line per need: "ok NAME" or "missing NAME REASON".
set -u
if [ "${KUBELAB_INSIDE:-}" != yes ]; then
	if ! KUBELAB_INSIDE=yes unshare --mount --net --pid --fork --kill-child --propagation private sh "$0"; then
		echo "missing namespaces the kernel or a policy does not allow new mount, network and process namespaces"
	fi
	exit 0
fi

# try NAME REASON COMMAND...
try() {
	try_name=$1 try_reason=$2
	shift 2
	if "$@" >/dev/null 2>&1; then echo "ok $try_name"; else echo "missing $try_name $try_reason"; fi
}

# bridge_filter: no node could load it, which has not this kernel's modules. Where it is built in there is nothing to load.
bridge_filter() {
	[ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] || modprobe br_netfilter
	[ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]
}

work=$(mktemp -d)
trap 'umount "$work/merged" "$work" 2>/dev/null; rmdir "$work"' EXIT
mount -t tmpfs tmpfs "$work"
mkdir "$work/lower" "$work/upper" "$work/work" "$work/merged"
echo "ok namespaces"
try overlay "overlay file system (module overlay)" mount -t overlay -o "lowerdir=$work/lower,upperdir=$work/upper,workdir=$work/work" overlay "$work/merged"
try bridge "bridges (module bridge)" ip link add kltry0 type bridge
try bridge-filter "address translation on bridges, which flannel insists on (module br_netfilter)" bridge_filter
try veth "pairs of virtual interfaces (module veth)" ip link add kltry1 type veth peer name kltry2
try vxlan "VXLAN, which flannel uses (module vxlan)" ip link add kltry3 type vxlan id 7 dev lo dstport 8472
try nat "address translation (modules nf_nat, xt_MASQUERADE)" iptables -t nat -A POSTROUTING -s 10.0.0.0/8 -j MASQUERADE
try conntrack "connection tracking (modules nf_conntrack, xt_conntrack)" iptables -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
try comment "rule comments (module xt_comment)" iptables -A FORWARD -m comment --comment kubelab -j ACCEPT
try forwarding "packet forwarding (net.ipv4.ip_forward)" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
if grep -qw btrfs /proc/filesystems || modprobe btrfs 2>/dev/null; then echo "ok btrfs"; else echo "missing btrfs btrfs file system (module btrfs)"; fi
