# shellcheck shell=sh
# The control groups and the interface of one machine. Sourced by the scripts that start and end machines.

# hierarchies: the folders under which a machine has a group of its own.
hierarchies() {
	if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
		echo /sys/fs/cgroup
		return
	fi
	for hierarchy in /sys/fs/cgroup/*; do
		if [ -f "$hierarchy/cgroup.procs" ] && [ ! -L "$hierarchy" ]; then echo "$hierarchy"; fi
	done
}

# kill_group GROUP: kills every process in it and below. They are the machine's: nothing else is ever put there.
kill_group() {
	[ -d "$1" ] || return 0
	find "$1" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u | while read -r pid; do
		kill -KILL "$pid" 2>/dev/null || true
	done
}

# remove_group GROUP: with all below it. Booted into the groups of a machine that lost its power, kubelet never starts again.
remove_group() {
	tries=0
	while [ -d "$1" ] && ! find "$1" -depth -type d -exec rmdir {} + 2>/dev/null; do
		tries=$((tries + 1))
		if [ "$tries" -gt 100 ]; then
			echo "processes of the machine are still in $1: $(find "$1" -name cgroup.procs -exec cat {} + | tr '\n' ' ')" >&2
			return 1
		fi
		kill_group "$1"
		sleep 0.1
	done
}

# remove_machine_groups NAME: kills what is left of a machine and removes its groups.
remove_machine_groups() {
	for root in $(hierarchies); do
		kill_group "$root/kubelab/$1"
		remove_group "$root/kubelab/$1"
	done
}

# remove_machine_link NAME: the host's end of its cable. The kernel removes it some time after the machine ended; the next
# boot needs the name free now.
remove_machine_link() {
	ip link delete "vb-$1" 2>/dev/null || true
}
