#!/bin/sh
# Starts one machine as a systemd-nspawn container that outlives this script. Run as root by kubelab; by hand:
#   start-machine.sh NAME TREE BRIDGE CPUS MEMORY_MIB LOG
# NAME is the machine's name, TREE its root file system, LOG gets its console.
set -eu

name=$1 tree=$2 bridge=$3 cpus=$4 memory_mib=$5 log=$6

. "$(dirname "$0")/machine-groups.sh"
remove_machine_link "$name"

set -- --quiet --boot --directory="$tree" --machine="$name" --network-bridge="$bridge" \
	--capability=all --private-users=no --console=pipe --bind=/dev/kmsg \
	--resolv-conf=off --timezone=off --link-journal=no --kill-signal=SIGRTMIN+3

# kubelet and containerd manage their own pods: no filter that the host's systemd-nspawn knows fits them.
export SYSTEMD_SECCOMP=0 SYSTEMD_NSPAWN_API_VFS_WRITABLE=1

if [ -d /run/systemd/system ]; then
	exec systemd-run --quiet --unit="kubelab-$name" --collect \
		--property=Delegate=yes --property=KillMode=mixed --property=TasksMax=infinity \
		--property="MemoryMax=${memory_mib}M" --property="CPUQuota=$((cpus * 100))%" \
		--property="StandardOutput=append:$log" --property="StandardError=append:$log" \
		--setenv=SYSTEMD_SECCOMP=0 --setenv=SYSTEMD_NSPAWN_API_VFS_WRITABLE=1 \
		systemd-nspawn --keep-unit --register=no "$@"
fi

remove_machine_groups "$name"

# join CONTROLLER_FOLDER: makes the machine's own group there, limits it, and moves this script into it.
join() {
	group=$1/kubelab/$name
	# The parent may go with another cluster's last machine between its making and ours.
	mkdir -p "$group" 2>/dev/null || mkdir -p "$group"
	for level in "$1/kubelab" "$group"; do
		for file in cpuset.cpus cpuset.mems; do
			if [ -f "$level/$file" ] && [ -z "$(cat "$level/$file")" ]; then cat "${level%/*}/$file" >"$level/$file"; fi
		done
	done
	limit "$group" memory.limit_in_bytes $((memory_mib * 1024 * 1024))
	limit "$group" cpu.cfs_quota_us $((cpus * 100000))
	limit "$group" memory.max $((memory_mib * 1024 * 1024))
	limit "$group" cpu.max "$((cpus * 100000)) 100000"
	echo $$ >"$group/cgroup.procs"
}

# limit GROUP FILE VALUE: writes a limit where the group has that file.
limit() {
	[ ! -f "$1/$2" ] || echo "$3" >"$1/$2"
}

if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
	for controller in cpu cpuset memory io pids; do
		echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || true
	done
	mkdir -p /sys/fs/cgroup/kubelab
	for controller in cpu cpuset memory io pids; do
		echo "+$controller" >/sys/fs/cgroup/kubelab/cgroup.subtree_control 2>/dev/null || true
	done
else
	export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=0
fi
for root in $(hierarchies); do join "$root"; done

setsid systemd-nspawn --keep-unit --register=no "$@" </dev/null >>"$log" 2>&1 &
