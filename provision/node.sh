# shellcheck shell=sh
# What every node of a cluster does before kubeadm. Sourced by the scripts from 50 on.

prepare_node() {
	need KUBELAB_NAME KUBELAB_ADDRESS KUBELAB_HOSTS

	# Also a node image that was made in a machine of a cloud image has one.
	wait_for_cloud_init
	if [ "$(hostname)" != "$KUBELAB_NAME" ]; then
		printf '%s\n' "$KUBELAB_NAME" >/etc/hostname
		hostname "$KUBELAB_NAME"
		log "hostname is $KUBELAB_NAME"
	fi

	# Boxes put the host name on a loopback address, and kubelet may then pick that one.
	{
		echo '127.0.0.1 localhost'
		echo '::1 localhost ip6-localhost ip6-loopback'
		printf '%s\n' "$KUBELAB_HOSTS" | tr ';' '\n'
	} | write_file /etc/hosts 0644

	swapoff -a 2>/dev/null || true

	for module in overlay br_netfilter; do
		modprobe "$module" 2>/dev/null || true
	done
	sysctl --quiet --load=/etc/sysctl.d/99-kubelab.conf 2>/dev/null || true
	[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ] || die "the kernel does not let this node forward packets (net.ipv4.ip_forward)"
}

# wait_for_runtime: containerd answers "not initialized yet" for a moment after it starts, and kubeadm's preflight fails on that.
wait_for_runtime() {
	systemctl start containerd.service
	wait_for 120 "containerd's CRI plugin" runtime_ready
}

runtime_ready() {
	ctr plugins ls 2>/dev/null | grep -Eq '^io\.containerd\.grpc\.v1[[:space:]]+cri[[:space:]].*[[:space:]]ok[[:space:]]*$'
}

# install_pki: the authorities made before any machine booted; kubeadm uses what it finds there.
install_pki() {
	[ -d "$KUBELAB_NODE_DIR/pki" ] || return 0
	mkdir -p /etc/kubernetes/pki
	cp -R "$KUBELAB_NODE_DIR/pki/." /etc/kubernetes/pki/
	find /etc/kubernetes/pki -name '*.key' -exec chmod 0600 {} +
}

# clean_up_partial: after an init or join that was cut off, kubeadm starts best from nothing.
clean_up_partial() {
	[ -e /etc/kubernetes/kubelet.conf ] || [ -e /etc/kubernetes/bootstrap-kubelet.conf ] || [ -e /var/lib/kubelet/config.yaml ] ||
		[ -n "$(ls -A /etc/kubernetes/manifests 2>/dev/null)" ] || [ -n "$(ls -A /var/lib/etcd 2>/dev/null)" ] || return 0
	log "an earlier try was cut off: resetting"
	kubeadm reset --force --cri-socket unix:///run/containerd/containerd.sock >/dev/null 2>&1 || log "kubeadm reset was not clean"
	rm -rf /etc/kubernetes/pki /etc/kubernetes/*.conf /etc/kubernetes/manifests/* /var/lib/etcd/* /etc/cni/net.d/*
	rm -f /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env
}

# start_afresh: all that kubeadm wants to find, and nothing of an earlier try.
start_afresh() {
	wait_for_runtime
	clean_up_partial
	install_pki
	mkdir -p /etc/kubernetes/manifests
}

# finish_if_done MARKER WHAT: ends the script where it did its work in an earlier run.
finish_if_done() {
	[ -e "$1" ] || return 0
	already "$2"
	systemctl enable --quiet --now kubelet.service
	exit 0
}

# only_one: at most one at a time on this node; a second one waits for what an interrupted run left going.
only_one() {
	mkdir -p /run/kubelab
	exec 9>/run/kubelab/provision.lock
	flock -w 900 9 || die "another provisioning is still running on this node"
}
