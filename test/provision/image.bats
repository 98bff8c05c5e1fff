#!/usr/bin/env bats
# What goes into the node image from an artifacts folder: 10 to 40.

load helper

setup() {
	setup_box
	artifacts=$ROOT/var/lib/kubelab/artifacts
}

# program FOLDER/NAME...: an artifact that is a file.
program() {
	for one in "$@"; do
		mkdir -p "$artifacts/${one%/*}"
		printf '#!/bin/sh\necho %s\n' "$one" >"$artifacts/$one"
	done
}

base_system() {
	while read -r package; do echo 1.0 >"$BOX/dpkg/$package"; done <"$PROVISION/base-packages.txt"
}

@test "10-base installs what is missing, and then has nothing to do" {
	base_system
	rm "$BOX/dpkg/socat" "$BOX/dpkg/conntrack"
	printf '%s\n' haproxy.service rpcbind.socket ssh.service >"$BOX/enabled"
	printf '%s\n' 'UUID=1 / ext4 defaults 0 1' 'UUID=2 none swap sw 0 0' '# UUID=3 none swap sw 0 0' >"$ROOT/etc/fstab"
	fail 1 'apt-get update'
	provision 10-base.sh
	succeeds
	says 'installing: conntrack socat'
	called_times 2 'apt-get update'
	called 'apt-get install -y -qq --no-install-recommends conntrack socat'
	[ "$(cat "$BOX/enabled")" = ssh.service ]
	grep -qx fstrim.timer "$BOX/masked"
	[ "$(cat "$ROOT/etc/fstab")" = 'UUID=1 / ext4 defaults 0 1
# kubelab: UUID=2 none swap sw 0 0
# UUID=3 none swap sw 0 0' ]
	[ "$(cat "$ROOT/etc/modules-load.d/kubelab.conf")" = 'overlay
br_netfilter' ]
	grep -qx 'net.ipv4.ip_forward = 1' "$ROOT/etc/sysctl.d/99-kubelab.conf"

	before=$(cat "$ROOT/etc/fstab")
	forget_calls
	provision 10-base.sh
	succeeds
	[ "$(grep -vc '^already: ' <<<"$output")" -eq 0 ] || show 'expected nothing to do'
	not_called apt-get
	[ "$(cat "$ROOT/etc/fstab")" = "$before" ]
}

@test "10-base stops nothing where no system runs, and what nodes don't need where one does" {
	base_system
	echo haproxy.service >"$BOX/enabled"
	provision 10-base.sh
	succeeds
	not_called 'systemctl stop'
	echo haproxy.service >"$BOX/enabled"
	mkdir -p "$ROOT/run/systemd/system"
	provision 10-base.sh
	succeeds
	called 'systemctl stop haproxy.service'
}

@test "10-base dies when the packages do not come" {
	base_system
	rm "$BOX/dpkg/socat"
	fail 3 'apt-get install'
	provision 10-base.sh
	dies 'apt-get install failed'
	called_times 3 'apt-get install'
}

# rocky [MISSING...]: a system of Red Hat's family in place of Debian's, with all packages but those named.
rocky() {
	rm "$BOX/bin/apt-get" "$BOX/bin/dpkg-query"
	while read -r package; do echo 1.0 >"$BOX/dpkg/$package"; done <"$PROVISION/base-packages-rpm.txt"
	for package in "$@"; do rm "$BOX/dpkg/$package"; done
	mkdir -p "$ROOT/etc/selinux" "$ROOT/etc/NetworkManager/conf.d"
	printf '%s\n' '# SELINUX=enforcing is the default' 'SELINUX=enforcing' 'SELINUXTYPE=targeted' >"$ROOT/etc/selinux/config"
}

@test "10-base on Rocky installs by dnf under the names there, and then has nothing to do" {
	rocky socat conntrack-tools
	mkdir -p "$ROOT/run/systemd/system"
	printf '%s\n' firewalld.service sshd.service >"$BOX/enabled"
	fail 1 'dnf install'
	provision 10-base.sh
	succeeds
	says 'installing: conntrack-tools socat'
	called_times 2 'dnf install'
	called 'dnf install -y -q --setopt=install_weak_deps=False conntrack-tools socat'
	called 'setenforce 0'
	[ "$(cat "$ROOT/etc/selinux/config")" = '# SELINUX=enforcing is the default
SELINUX=permissive
SELINUXTYPE=targeted' ]
	[ "$(cat "$BOX/enabled")" = sshd.service ]
	grep -q '^unmanaged-devices=interface-name:cni\*;' "$ROOT/etc/NetworkManager/conf.d/kubelab.conf"

	forget_calls
	provision 10-base.sh
	succeeds
	[ "$(grep -vc '^already: ' <<<"$output")" -eq 0 ] || show 'expected nothing to do'
	not_called 'dnf install'
	not_called setenforce
}

@test "10-base on Rocky dies when the packages do not come" {
	rocky jq
	fail 3 'dnf install'
	provision 10-base.sh
	dies 'dnf install failed'
	called_times 3 'dnf install'
}

@test "10-base on a plain system that runs waits for its first boot, gets the NFS server, and lets pods' routes be" {
	base_system
	mkdir -p "$ROOT/run/systemd/system" "$ROOT/etc/systemd/network"
	echo nfs-server.service >"$BOX/enabled"
	# It fails where the image was set up with warnings, which is no reason to stop.
	fail 1 'cloud-init status'
	provision 10-base.sh
	succeeds
	[ "$(head -n 1 "$BOX/calls")" = 'cloud-init status --wait' ] || show 'expected cloud-init first'
	called 'apt-get install -y -qq --no-install-recommends nfs-kernel-server'
	[ "$(cat "$BOX/enabled")" = '' ]
	grep -qx 'ManageForeignRoutes=no' "$ROOT/etc/systemd/networkd.conf.d/kubelab.conf"
	grep -qx unattended-upgrades.service "$BOX/masked"
	[ ! -e "$ROOT/etc/NetworkManager" ]
}

@test "10-base in a folder waits for nothing and has no NFS server" {
	base_system
	provision 10-base.sh
	succeeds
	not_called cloud-init
	not_called nfs-kernel-server
}

runtime_artifacts() { program runtime/containerd runtime/runc runtime/ctr cni/bridge cni/loopback; }

@test "20-runtime installs the artifacts, and then has nothing to do" {
	runtime_artifacts
	provision 20-runtime.sh
	succeeds
	[ "$("$USR_LOCAL/bin/containerd")" = runtime/containerd ]
	[ "$("$ROOT/opt/cni/bin/bridge")" = cni/bridge ]
	grep -qx '  sandbox_image = "registry.k8s.io/pause:3.9"' "$ROOT/etc/containerd/config.toml"
	grep -qx 'ExecStart=/usr/local/bin/containerd' "$ROOT/etc/systemd/system/containerd.service"
	[ -x "$USR_LOCAL/lib/kubelab/machine-boot.sh" ]
	called 'systemctl enable --quiet containerd.service'
	not_called 'systemctl start'

	provision 20-runtime.sh
	succeeds
	[ "$(grep -vc '^already: ' <<<"$output")" -eq 0 ] || show 'expected nothing to do'
}

@test "20-runtime replaces a program that was cut off" {
	runtime_artifacts
	provision 20-runtime.sh
	echo '#' >"$USR_LOCAL/bin/runc"
	echo '#' >"$ROOT/opt/cni/bin/bridge"
	provision 20-runtime.sh
	succeeds
	says 'installed runc'
	says 'installed bridge'
	says 'already: containerd'
	[ "$("$USR_LOCAL/bin/runc")" = runtime/runc ]
}

@test "20-runtime does without plugins where packages bring them" {
	program runtime/containerd
	provision 20-runtime.sh
	succeeds
	[ ! -e "$ROOT/opt/cni" ]
}

@test "20-runtime starts containerd where a system runs" {
	runtime_artifacts
	mkdir -p "$ROOT/run/systemd/system"
	provision 20-runtime.sh
	succeeds
	called 'systemctl start kubelab-machine.service'
	called 'systemctl start containerd.service'
}

@test "containerd reads the configuration of 20-runtime" {
	containerd=$(command -v containerd) || skip "containerd is not installed here"
	runtime_artifacts
	provision 20-runtime.sh
	run "$containerd" --config "$ROOT/etc/containerd/config.toml" config dump
	succeeds
	says registry.k8s.io/pause:3.9
	says 'SystemdCgroup = true'
}

kubernetes_programs() { program bin/kubelet bin/kubeadm bin/kubectl; }

@test "30-kubernetes installs programs with a unit, and then has nothing to do" {
	kubernetes_programs
	provision 30-kubernetes.sh
	succeeds
	[ "$("$USR_LOCAL/bin/kubelet")" = bin/kubelet ]
	grep -qx 'ExecStart=/usr/local/bin/kubelet' "$ROOT/etc/systemd/system/kubelet.service"
	# systemd, and not the shell, puts the values in.
	# shellcheck disable=SC2016
	grep -qF '/usr/local/bin/kubelet $KUBELET_KUBECONFIG_ARGS' "$ROOT/etc/systemd/system/kubelet.service.d/10-kubeadm.conf"
	[ -d "$ROOT/etc/kubernetes/manifests" ]
	[ "$(cat "$ROOT/etc/bash_completion.d/kubectl")" = bin/kubectl ]
	called 'systemctl disable --quiet kubelet.service'

	provision 30-kubernetes.sh
	succeeds
	[ "$(grep -vc '^already: ' <<<"$output")" -eq 0 ] || show 'expected nothing to do'
}

@test "30-kubernetes stands in for crictl for a kubeadm that needs it" {
	kubernetes_programs
	provision 30-kubernetes.sh
	succeeds
	says 'installed a stand-in for crictl'
	cmp "$PROVISION/crictl.sh" "$USR_LOCAL/bin/crictl"
	[ -x "$USR_LOCAL/bin/crictl" ]
}

@test "30-kubernetes leaves a real crictl alone" {
	kubernetes_programs
	program bin/crictl
	provision 30-kubernetes.sh
	succeeds
	says_not stand-in
	[ "$("$USR_LOCAL/bin/crictl")" = bin/crictl ]
}

@test "30-kubernetes installs no crictl for a kubeadm that does not look for it" {
	kubernetes_programs
	write_env "KUBELAB_KUBERNETES='1.32.0'"
	provision 30-kubernetes.sh
	succeeds
	[ ! -e "$USR_LOCAL/bin/crictl" ]
	write_env "KUBELAB_KUBERNETES='1.31.14'"
	provision 30-kubernetes.sh
	succeeds
	[ -e "$USR_LOCAL/bin/crictl" ]
}

kubernetes_debs() {
	mkdir -p "$artifacts/packages"
	for package in kubelet kubeadm kubectl cri-tools; do echo 1.30.14-1.1 >"$artifacts/packages/$package.deb"; done
	write_env "KUBELAB_INSTALL='packages'"
	: >"$BOX/bin/crictl"
	chmod +x "$BOX/bin/crictl"
}

@test "30-kubernetes installs and holds packages, and then has nothing to do" {
	kubernetes_debs
	provision 30-kubernetes.sh
	succeeds
	called 'apt-mark hold kubelet kubeadm kubectl'
	[ "$(cat "$BOX/dpkg/kubelet")" = 1.30.14-1.1 ]
	[ ! -e "$ROOT/etc/systemd/system/kubelet.service" ]
	forget_calls
	provision 30-kubernetes.sh
	succeeds
	says 'already: Kubernetes 1.30.14 packages'
	not_called 'dpkg -i'
}

@test "30-kubernetes installs again what dpkg did not finish" {
	kubernetes_debs
	provision 30-kubernetes.sh
	echo unpacked >"$BOX/dpkg-status"
	forget_calls
	provision 30-kubernetes.sh
	succeeds
	called_times 1 'dpkg -i'
	rm "$BOX/dpkg-status" "$BOX/dpkg/kubectl"
	forget_calls
	provision 30-kubernetes.sh
	succeeds
	called_times 1 'dpkg -i'
}

@test "30-kubernetes fails with dpkg" {
	kubernetes_debs
	fail 1 dpkg
	provision 30-kubernetes.sh
	ends_with_status 1
	not_called 'apt-mark hold'
}

image_archives() {
	mkdir -p "$artifacts/images"
	for role in pause etcd; do
		touch "$artifacts/images/$role.tar"
		echo "registry.k8s.io/$role:1" >"$artifacts/images/$role.tar.ref"
	done
}

@test "40-images leaves it to the nodes where there are no archives" {
	provision 40-images.sh
	succeeds
	says 'no image archives'
	not_called ctr
}

@test "40-images imports with a containerd of its own where no system runs, and ends it" {
	image_archives
	provision 40-images.sh
	succeeds
	says 'imported registry.k8s.io/pause:1'
	says 'imported registry.k8s.io/etcd:1'
	grep -q '^containerd --config /tmp/' "$BOX/calls"
	grep -q -- '--namespace k8s.io images label registry.k8s.io/etcd:1 io.cri-containerd.pinned=pinned' "$BOX/calls"
	[ -z "$(ls -A "$ROOT/tmp")" ] || show "left in /tmp: $(ls -A "$ROOT/tmp")"

	provision 40-images.sh
	succeeds
	says 'already: registry.k8s.io/pause:1'
	says_not imported
}

@test "40-images imports with the containerd of a system that runs" {
	image_archives
	mkdir -p "$ROOT/run/systemd/system"
	echo /run/containerd/containerd.sock >"$BOX/socket"
	provision 40-images.sh
	succeeds
	says 'imported registry.k8s.io/pause:1'
	not_called 'containerd --config'
}

@test "40-images imports in the way of an older ctr, too" {
	image_archives
	mkdir -p "$ROOT/run/systemd/system"
	fail 1 'ctr images import'
	provision 40-images.sh
	succeeds
	says 'imported registry.k8s.io/pause:1'
}

@test "40-images fails when an archive can't be imported" {
	image_archives
	mkdir -p "$ROOT/run/systemd/system"
	fail 9 'ctr images import'
	provision 40-images.sh
	ends_with_status 1
}

@test "40-images dies when containerd does not come up, and shows what it said" {
	image_archives
	fail 999 'ctr images list'
	printf '#!/bin/sh\necho "containerd: no such plugin"\n' >"$BOX/bin/containerd"
	provision 40-images.sh
	dies 'containerd did not answer'
	says 'containerd: no such plugin'
}
