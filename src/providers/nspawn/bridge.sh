#!/bin/sh
# The network of one cluster's machines: a bridge with the host's address on it. Run as root by kubelab; by hand:
#   bridge.sh up BRIDGE ADDRESS/PREFIX
#   bridge.sh down BRIDGE
# Both look before they act.
set -eu
what=$1 bridge=$2

# rule ACTION: lets what goes from machine to machine pass the host's firewall. Where br_netfilter is loaded, as kubelet
# and Docker do, even that goes through FORWARD, which Docker and many firewalls close.
rule() {
	iptables --wait 10 "$1" FORWARD --in-interface "$bridge" --out-interface "$bridge" \
		--match comment --comment "kubelab $bridge" --jump ACCEPT
}

# closed: whether this host's firewall forwards only what it is told to.
closed() {
	iptables --wait 10 --list-rules FORWARD 2>/dev/null | grep -Eqv '^-P FORWARD ACCEPT$|^-A FORWARD .*--comment "kubelab '
}

case $what in
up)
	ip link show "$bridge" >/dev/null 2>&1 || ip link add "$bridge" type bridge
	ip address replace "$3" dev "$bridge"
	ip link set "$bridge" up
	# A host whose kernel has no such table has no such firewall.
	if closed && ! rule --check 2>/dev/null; then rule --insert; fi
	;;
down)
	while rule --delete 2>/dev/null; do :; done
	if ip link show "$bridge" >/dev/null 2>&1; then ip link delete "$bridge"; fi
	;;
esac
