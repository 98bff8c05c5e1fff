#!/bin/sh
# Cuts the power of one machine: kills all of its processes and removes its control groups. Run as root by kubelab; by hand:
#   end-machine.sh NAME
set -eu
. "$(dirname "$0")/machine-groups.sh"

name=$1
if [ -d /run/systemd/system ]; then
	systemctl kill --signal=KILL "kubelab-$name.service" 2>/dev/null || true
	systemctl stop "kubelab-$name.service" 2>/dev/null || true
	systemctl reset-failed "kubelab-$name.service" 2>/dev/null || true
else
	remove_machine_groups "$name"
	# The parent goes with its last machine, and stays while another cluster has one.
	for root in $(hierarchies); do
		if [ -d "$root/kubelab" ]; then rmdir "$root/kubelab" 2>/dev/null || true; fi
	done
fi
remove_machine_link "$name"
