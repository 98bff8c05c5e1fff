#!/usr/bin/env bats
# What every node does before kubeadm: 50-node.sh, node.sh, machine-boot.sh and the way through run.sh.

load helper

setup() { setup_box; }

@test "50-node names the node and its peers, and then has nothing to do" {
	provision 50-node.sh
	succeeds
	says 'hostname is worker-1'
	says 'wrote /etc/hosts'
	[ "$(cat "$ROOT/etc/hostname")" = worker-1 ]
	[ "$(cat "$BOX/hostname")" = worker-1 ]
	[ "$(cat "$ROOT/etc/hosts")" = '127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
10.1.0.10 control-plane-1
10.1.0.11 worker-1' ]
	called 'swapoff -a'
	called 'modprobe br_netfilter'
	called 'sysctl --quiet --load=/etc/sysctl.d/99-kubelab.conf'

	forget_calls
	provision 50-node.sh
	succeeds
	[ "$output" = 'already: /etc/hosts' ] || show 'expected nothing to do'
	not_called 'hostname worker-1'
}

@test "50-node puts back a hosts file that was changed" {
	provision 50-node.sh
	echo '127.0.1.1 worker-1' >>"$ROOT/etc/hosts"
	provision 50-node.sh
	succeeds
	says 'wrote /etc/hosts'
	[ "$(grep -c 127.0.1.1 "$ROOT/etc/hosts")" -eq 0 ]
}

@test "50-node dies where the kernel does not forward" {
	echo 0 >"$ROOT/proc/sys/net/ipv4/ip_forward"
	provision 50-node.sh
	dies 'net.ipv4.ip_forward'
}

@test "50-node lives without the modules, which a system container can't load" {
	fail 2 modprobe
	provision 50-node.sh
	succeeds
}

@test "50-node dies without a name" {
	write_env "KUBELAB_NAME=''"
	provision 50-node.sh
	dies 'KUBELAB_NAME is not set'
}

@test "a second provisioning waits for the first and gives up" {
	fail 1 flock
	provision 50-node.sh
	dies 'another provisioning is still running on this node'
	[ ! -e "$ROOT/etc/hostname" ]
}

@test "clean_up_partial leaves a fresh node alone" {
	mkdir -p "$ROOT/etc/kubernetes/manifests" "$ROOT/var/lib/etcd" "$ROOT/var/lib/kubelet"
	lib clean_up_partial
	succeeds
	not_called kubeadm
}

@test "clean_up_partial resets after each kind of thing that a try can leave" {
	for left in etc/kubernetes/kubelet.conf etc/kubernetes/bootstrap-kubelet.conf var/lib/kubelet/config.yaml \
		etc/kubernetes/manifests/etcd.yaml var/lib/etcd/member/wal; do
		mkdir -p "$ROOT/etc/kubernetes/pki" "$ROOT/etc/cni/net.d" "$ROOT/${left%/*}"
		touch "$ROOT/$left" "$ROOT/etc/kubernetes/pki/ca.crt" "$ROOT/etc/cni/net.d/10-flannel.conflist"
		forget_calls
		lib clean_up_partial
		succeeds
		says 'an earlier try was cut off: resetting'
		called 'kubeadm reset --force --cri-socket unix:///run/containerd/containerd.sock'
		[ ! -e "$ROOT/$left" ] || show "$left is still there"
		[ ! -e "$ROOT/etc/kubernetes/pki" ]
		[ -z "$(ls -A "$ROOT/etc/cni/net.d")" ]
	done
}

@test "clean_up_partial cleans up where kubeadm reset does not" {
	mkdir -p "$ROOT/etc/kubernetes/manifests" "$ROOT/var/lib/etcd/member" "$ROOT/var/lib/kubelet"
	touch "$ROOT/etc/kubernetes/kubelet.conf" "$ROOT/etc/kubernetes/manifests/etcd.yaml" "$ROOT/var/lib/kubelet/config.yaml"
	fail 1 'kubeadm reset'
	lib clean_up_partial
	succeeds
	says 'kubeadm reset was not clean'
	[ -z "$(find "$ROOT/etc/kubernetes" "$ROOT/var/lib/etcd" "$ROOT/var/lib/kubelet" -mindepth 1 ! -name manifests)" ]
}

@test "install_pki copies the authorities and keeps the keys to root" {
	mkdir -p "$ROOT/opt/kubelab/node/pki/etcd"
	touch "$ROOT/opt/kubelab/node/pki/ca.crt" "$ROOT/opt/kubelab/node/pki/ca.key" "$ROOT/opt/kubelab/node/pki/etcd/ca.key"
	chmod -R a+r "$ROOT/opt/kubelab/node/pki"
	lib install_pki
	succeeds
	[ -e "$ROOT/etc/kubernetes/pki/ca.crt" ]
	[ "$(mode_of "$ROOT/etc/kubernetes/pki/ca.key")" = 600 ]
	[ "$(mode_of "$ROOT/etc/kubernetes/pki/etcd/ca.key")" = 600 ]
}

@test "install_pki does nothing for a node that has no authorities" {
	lib install_pki
	succeeds
	[ ! -e "$ROOT/etc/kubernetes" ]
}

@test "the runtime is ready by what containerd 1.6, 1.7 and 2.2 print" {
	printf '%s\n' 'io.containerd.internal.v1       opt       -              ok        ' \
		'io.containerd.grpc.v1           cri       linux/amd64    ok        ' >"$BOX/plugins"
	lib wait_for_runtime
	succeeds
	called 'systemctl start containerd.service'
	printf '%s\n' 'io.containerd.cri.v1      images     -              ok        ' \
		'io.containerd.cri.v1      runtime    linux/amd64    ok        ' \
		'io.containerd.grpc.v1     cri        -              ok        ' >"$BOX/plugins"
	lib wait_for_runtime
	succeeds
}

@test "the runtime is not ready while any part of CRI is not" {
	printf '%s\n' 'io.containerd.grpc.v1           cri       linux/amd64    error     ' >"$BOX/plugins"
	lib wait_for_runtime
	dies "waited too long for containerd's CRI plugin"
	printf '%s\n' 'io.containerd.cri.v1      images     -              ok        ' \
		'io.containerd.cri.v1      runtime    linux/amd64    error     ' \
		'io.containerd.grpc.v1     cri        -              error     ' >"$BOX/plugins"
	lib wait_for_runtime
	dies "waited too long for containerd's CRI plugin"
}

@test "machine-boot tells containerd what the kernel allows" {
	mkdir -p "$ROOT/etc/containerd"
	echo '  restrict_oom_score_adj = false' >"$ROOT/etc/containerd/config.toml"
	: >"$ROOT/proc/self/mounts"
	touch "$ROOT/dev/kmsg" "$ROOT/proc/self/oom_score_adj"
	provision machine-boot.sh
	succeeds
	grep -q 'restrict_oom_score_adj = false' "$ROOT/etc/containerd/config.toml"
	called 'mount --make-rshared /'
	called 'swapoff -a'

	rm "$ROOT/proc/self/oom_score_adj" "$ROOT/dev/kmsg"
	mkdir "$ROOT/proc/self/oom_score_adj"
	provision machine-boot.sh
	succeeds
	grep -q 'restrict_oom_score_adj = true' "$ROOT/etc/containerd/config.toml"
	[ "$(readlink "$ROOT/dev/kmsg")" = /dev/null ]
}

@test "machine-boot makes the control groups of a system container writable" {
	mkdir "$ROOT/sys/fs/cgroup/memory" "$ROOT/sys/fs/cgroup/not-mounted"
	echo 'cgroup /sys/fs/cgroup/memory cgroup ro 0 0' >"$ROOT/proc/self/mounts"
	touch "$ROOT/dev/kmsg" "$ROOT/proc/self/oom_score_adj"
	provision machine-boot.sh
	succeeds
	called 'mount -o remount,bind,rw /sys/fs/cgroup/memory'
	not_called not-mounted
}

@test "machine-boot gives processes long turns where the processor is emulated" {
	: >"$ROOT/proc/self/mounts"
	touch "$ROOT/dev/kmsg" "$ROOT/proc/self/oom_score_adj"
	provision machine-boot.sh
	succeeds
	not_called debugfs

	# What debugfs would have: this kernel knows base_slice_ns and not the others.
	echo qemu >"$BOX/virt"
	provision machine-boot.sh
	succeeds
	called 'mount -t debugfs debugfs /sys/kernel/debug'
	mkdir -p "$ROOT/sys/kernel/debug/sched"
	touch "$ROOT/sys/kernel/debug/sched/features" "$ROOT/sys/kernel/debug/sched/base_slice_ns"
	provision machine-boot.sh
	succeeds
	[ "$(cat "$ROOT/sys/kernel/debug/sched/features")" = NO_WAKEUP_PREEMPTION ]
	[ "$(cat "$ROOT/sys/kernel/debug/sched/base_slice_ns")" = 20000000 ]
	[ "$(ls "$ROOT/sys/kernel/debug/sched")" = "$(printf 'base_slice_ns\nfeatures')" ]
}

@test "run.sh takes each role its own way" {
	# What the steps do has tests of its own.
	mkdir "$ROOT/steps"
	cp "$PROVISION/run.sh" "$PROVISION/lib.sh" "$ROOT/steps/"
	for script in "$PROVISION"/[1-9]*.sh; do echo "echo ran ${script##*/}" >"$ROOT/steps/${script##*/}"; done
	ran() { [ "$(grep '^ran' <<<"$output" | cut -d' ' -f2 | tr '\n' ' ')" = "$1 " ] || show "expected: $1"; }

	in_box sh /steps/run.sh image
	ran '10-base.sh 20-runtime.sh 30-kubernetes.sh 40-images.sh'
	in_box sh /steps/run.sh node
	ran '50-node.sh 60-join.sh'
	write_env "KUBELAB_ROLE='control-plane'"
	in_box sh /steps/run.sh node
	ran '50-node.sh 60-join.sh'
	write_env "KUBELAB_ROLE='control-plane'" "KUBELAB_FIRST='yes'"
	in_box sh /steps/run.sh node
	ran '50-node.sh 53-control-plane.sh 70-addons.sh'
	write_env "KUBELAB_ROLE='etcd'"
	in_box sh /steps/run.sh node
	ran '50-node.sh 52-etcd.sh'
	write_env "KUBELAB_ROLE='load-balancer'"
	in_box sh /steps/run.sh node
	ran '50-node.sh 51-load-balancer.sh'
	write_env "KUBELAB_ROLE='storage'"
	in_box sh /steps/run.sh node
	ran '50-node.sh'
	write_env "KUBELAB_ROLE='cook'"
	in_box sh /steps/run.sh node
	dies 'no scripts for the role cook'
	in_box sh /steps/run.sh
	dies 'usage: run.sh vm|image|seal|node'
}

@test "run.sh installs nothing on a machine that was made from a node image" {
	mkdir "$ROOT/steps"
	cp "$PROVISION/run.sh" "$PROVISION/lib.sh" "$ROOT/steps/"
	for script in "$PROVISION"/[1-4]*.sh; do echo "echo ran ${script##*/}" >"$ROOT/steps/${script##*/}"; done
	in_box sh /steps/run.sh image
	says 'ran 40-images.sh'
	in_box sh /steps/run.sh image
	succeeds
	says 'already: the node image of Kubernetes 1.30.14'
	says_not 'ran '
	write_env "KUBELAB_KUBERNETES='1.36.4'"
	in_box sh /steps/run.sh image
	says 'ran 10-base.sh'
}

@test "run.sh looks again each time on a machine that installs on its own" {
	mkdir -p "$ROOT/steps" "$ROOT/run/systemd/system"
	cp "$PROVISION/run.sh" "$PROVISION/lib.sh" "$ROOT/steps/"
	for script in "$PROVISION"/[1-4]*.sh; do echo "echo ran ${script##*/}" >"$ROOT/steps/${script##*/}"; done
	in_box sh /steps/run.sh image
	in_box sh /steps/run.sh image
	says 'ran 10-base.sh'
}

@test "run.sh ends at the first step that fails" {
	mkdir "$ROOT/steps"
	cp "$PROVISION/run.sh" "$PROVISION/lib.sh" "$ROOT/steps/"
	echo 'exit 3' >"$ROOT/steps/50-node.sh"
	echo 'echo not reached' >"$ROOT/steps/60-join.sh"
	in_box sh /steps/run.sh node
	ends_with_status 3
	says_not 'not reached'
}
