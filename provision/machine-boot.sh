#!/bin/sh
# Runs at each boot, before containerd and kubelet: fits this machine to what its kernel allows. Everything is
# tried and nothing is assumed; on a virtual machine with processors of its own there is nothing to do.
set -u

# The pods' mounts must reach kubelet, and back.
mount --make-rshared / 2>/dev/null

# A system container on cgroup v1 gets its controllers read-only.
for controller in /sys/fs/cgroup /sys/fs/cgroup/*; do
	if [ ! -d "$controller" ] || [ -L "$controller" ]; then continue; fi
	grep -q " $controller " /proc/self/mounts || continue
	mount -o remount,bind,rw "$controller" 2>/dev/null
done

# kubelet reads the kernel's log and exits without it.
[ -e /dev/kmsg ] || ln -s /dev/null /dev/kmsg

# Without CAP_SYS_RESOURCE no process may lower its oom_score_adj, and every sandbox fails on it.
restrict=false
sh -c 'echo -998 >/proc/self/oom_score_adj' 2>/dev/null || restrict=true
if [ -f /etc/containerd/config.toml ]; then
	sed -i "s/restrict_oom_score_adj = .*/restrict_oom_score_adj = $restrict/" /etc/containerd/config.toml
fi

# flannel's subnet file is in /run and went with the last boot. Until flannel wrote it and this configuration anew, the
# node must not count as ready: pods that start too early fail, and are tried again only many seconds later.
rm -f /etc/cni/net.d/10-flannel.conflist

# An emulated processor forgets at each change of processes where their memory is, and finding it again takes longer than
# their work. Whoever is woken waits for its turn there, and turns are long. Kernels have one or the other of these.
if [ "$(systemd-detect-virt 2>/dev/null)" = qemu ]; then
	scheduler=/sys/kernel/debug/sched
	[ -d "$scheduler" ] || mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
	if [ -f "$scheduler/features" ]; then echo NO_WAKEUP_PREEMPTION >"$scheduler/features" 2>/dev/null; fi
	for turn in min_granularity_ns wakeup_granularity_ns base_slice_ns; do
		if [ -f "$scheduler/$turn" ]; then echo 20000000 >"$scheduler/$turn" 2>/dev/null; fi
	done
fi

swapoff -a 2>/dev/null
exit 0
