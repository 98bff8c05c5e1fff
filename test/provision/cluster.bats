#!/usr/bin/env bats
# What makes a node a part of its cluster: 51 to 70.

load helper

setup() {
	setup_box
	mkdir -p "$ROOT/opt/kubelab/node/pki/etcd"
	touch "$ROOT/opt/kubelab/node/kubeadm.yaml" "$ROOT/opt/kubelab/node/pki/ca.key" "$ROOT/opt/kubelab/node/pki/etcd/ca.key"
}

backends="KUBELAB_BACKENDS='control-plane-1 10.1.0.10;control-plane-2 10.1.0.12'"

@test "51-load-balancer writes a server for each control plane" {
	write_env "$backends"
	provision 51-load-balancer.sh
	succeeds
	says 'wrote /etc/haproxy/haproxy.cfg'
	[ "$(tail -n 2 "$ROOT/etc/haproxy/haproxy.cfg")" = '    server control-plane-1 10.1.0.10:6443
    server control-plane-2 10.1.0.12:6443' ]
	called 'systemctl enable --quiet haproxy.service'
	called 'systemctl reload-or-restart haproxy.service'
	provision 51-load-balancer.sh
	succeeds
	says 'already: /etc/haproxy/haproxy.cfg'
}

@test "51-load-balancer does not start what haproxy refuses" {
	write_env "$backends"
	fail 1 haproxy
	provision 51-load-balancer.sh
	dies 'haproxy does not accept its configuration'
	not_called systemctl
}

@test "51-load-balancer dies without control planes" {
	provision 51-load-balancer.sh
	dies 'KUBELAB_BACKENDS is not set'
}

@test "haproxy accepts the configuration of 51-load-balancer" {
	PATH=$PATH:/usr/sbin command -v haproxy >/dev/null || skip "haproxy is not installed here"
	write_env "$backends"
	real haproxy
	provision 51-load-balancer.sh
	succeeds
}

etcd_node() {
	echo kubelet >"$ROOT/opt/kubelab/node/kubelet.yaml"
	echo '--a=b' >"$ROOT/opt/kubelab/node/kubelet-flags"
	write_env "KUBELAB_ROLE='etcd'" "KUBELAB_NAME='etcd-1'"
}

@test "52-etcd makes a member, and then has nothing to do" {
	etcd_node
	provision 52-etcd.sh
	succeeds
	for certificate in etcd-server etcd-peer etcd-healthcheck-client; do
		called "kubeadm init phase certs $certificate --config /opt/kubelab/node/kubeadm.yaml"
	done
	called 'systemctl restart kubelet.service'
	[ "$(cat "$ROOT/var/lib/kubelet/config.yaml")" = kubelet ]
	grep -qxF 'Environment="KUBELET_EXTRA_ARGS=--hostname-override=etcd-1 --a=b"' \
		"$ROOT/etc/systemd/system/kubelet.service.d/20-etcd.conf"
	[ -e "$ROOT/etc/kubernetes/kubelab-etcd" ]

	forget_calls
	provision 52-etcd.sh
	succeeds
	[ "$output" = 'already: etcd member' ] || show 'expected nothing to do'
	not_called kubeadm
}

@test "52-etcd starts again from nothing after it was cut off" {
	etcd_node
	fail 1 'systemctl restart'
	provision 52-etcd.sh
	ends_with_status 1
	[ ! -e "$ROOT/etc/kubernetes/kubelab-etcd" ]
	provision 52-etcd.sh
	succeeds
	says 'an earlier try was cut off: resetting'
	[ -e "$ROOT/etc/kubernetes/kubelab-etcd" ]
}

@test "53-control-plane initialises once" {
	provision 53-control-plane.sh
	succeeds
	called 'systemctl enable --quiet kubelet.service'
	called 'kubeadm init --config /opt/kubelab/node/kubeadm.yaml --skip-token-print'
	called_times 0 'kubeadm reset'
	[ "$(mode_of "$ROOT/etc/kubernetes/pki/ca.key")" = 600 ]

	forget_calls
	provision 53-control-plane.sh
	succeeds
	[ "$output" = 'already: kubeadm init' ] || show 'expected nothing to do'
	called 'systemctl enable --quiet --now kubelet.service'
	not_called kubeadm
}

@test "53-control-plane fails with kubeadm, and the next run resets what it left" {
	fail 1 'kubeadm init'
	provision 53-control-plane.sh
	ends_with_status 1
	[ ! -e "$ROOT/etc/kubernetes/kubelab-initialised" ]
	touch "$ROOT/etc/kubernetes/pki/apiserver.crt"
	provision 53-control-plane.sh
	succeeds
	says 'an earlier try was cut off: resetting'
	[ -e "$ROOT/etc/kubernetes/kubelab-initialised" ]
	[ ! -e "$ROOT/etc/kubernetes/pki/apiserver.crt" ]
	[ -e "$ROOT/etc/kubernetes/pki/ca.key" ]
}

@test "53-control-plane waits until every member of an external etcd is healthy" {
	write_env "KUBELAB_ETCD='https://10.1.0.21:2379;https://10.1.0.22:2379'"
	fail 3 'curl health'
	provision 53-control-plane.sh
	succeeds
	called_times 4 'https://10.1.0.21:2379/health'
	called_times 1 'https://10.1.0.22:2379/health'
	[ "$(grep -nF 'kubeadm init' "$BOX/calls" | cut -d: -f1)" -gt "$(grep -nF 10.1.0.22 "$BOX/calls" | tail -n 1 | cut -d: -f1)" ]
}

@test "53-control-plane does not init without its etcd" {
	write_env "KUBELAB_ETCD='https://10.1.0.21:2379'"
	fail 99 'curl health'
	provision 53-control-plane.sh
	dies 'waited too long for etcd at https://10.1.0.21:2379'
	not_called 'kubeadm init'
}

@test "60-join joins once, when the control plane is there" {
	fail 2 'curl cluster-info'
	provision 60-join.sh
	succeeds
	called_times 3 cluster-info
	called_times 1 'kubeadm join --config /opt/kubelab/node/kubeadm.yaml'

	forget_calls
	provision 60-join.sh
	succeeds
	[ "$output" = 'already: kubeadm join' ] || show 'expected nothing to do'
	called 'systemctl enable --quiet --now kubelet.service'
	not_called kubeadm
	not_called curl
}

@test "60-join does not join before the control plane lets everybody in" {
	fail 99 'curl cluster-info'
	provision 60-join.sh
	dies 'waited too long for the control plane at 10.1.0.10:6443 to publish its cluster-info'
	not_called 'kubeadm join'
}

@test "60-join tries again from nothing" {
	fail 2 'kubeadm join'
	provision 60-join.sh
	succeeds
	called_times 3 'kubeadm join'
	called_times 2 'kubeadm reset'
	called_times 2 'sleep 5'
	[ -e "$ROOT/etc/kubernetes/pki/ca.key" ]
	[ -e "$ROOT/etc/kubernetes/kubelab-joined" ]
}

@test "60-join gives up after three tries" {
	fail 9 'kubeadm join'
	provision 60-join.sh
	dies 'kubeadm join failed three times'
	called_times 3 'kubeadm join'
	[ ! -e "$ROOT/etc/kubernetes/kubelab-joined" ]
}

@test "60-join resets what a run that was cut off left" {
	mkdir -p "$ROOT/etc/kubernetes/manifests" "$ROOT/var/lib/kubelet"
	touch "$ROOT/etc/kubernetes/kubelet.conf" "$ROOT/var/lib/kubelet/config.yaml"
	provision 60-join.sh
	succeeds
	says 'an earlier try was cut off: resetting'
	called_times 1 'kubeadm join'
}

@test "60-join dies with a runtime that does not start" {
	fail 1 'systemctl start'
	provision 60-join.sh
	ends_with_status 1
	not_called kubeadm
}

@test "70-addons applies all of them at once, and again until the API server takes them" {
	mkdir "$ROOT/opt/kubelab/node/addons"
	touch "$ROOT/opt/kubelab/node/addons/10-flannel.yaml" "$ROOT/opt/kubelab/node/addons/20-metrics-server.yaml"
	fail 2 'kubectl apply'
	provision 70-addons.sh
	succeeds
	called_times 3 'kubectl apply -f /opt/kubelab/node/addons/10-flannel.yaml -f /opt/kubelab/node/addons/20-metrics-server.yaml'
}

@test "70-addons gives up after ten tries" {
	mkdir "$ROOT/opt/kubelab/node/addons"
	touch "$ROOT/opt/kubelab/node/addons/10-flannel.yaml"
	fail 99 'kubectl apply'
	provision 70-addons.sh
	dies 'the add-ons could not be applied'
	called_times 10 'kubectl apply'
}

@test "70-addons has nothing to do without add-ons" {
	provision 70-addons.sh
	succeeds
	mkdir "$ROOT/opt/kubelab/node/addons"
	provision 70-addons.sh
	succeeds
	not_called kubectl
}
