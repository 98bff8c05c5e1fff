#!/bin/sh
# kubeadm init on the first control plane.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/node.sh"
load_env
only_one

marker=/etc/kubernetes/kubelab-initialised
finish_if_done "$marker" "kubeadm init"
start_afresh

# An external etcd elects a leader once most of its members are up; init would only wait for it with less to say.
etcd_healthy() {
	for endpoint in $(printf '%s\n' "$KUBELAB_ETCD" | tr ';' ' '); do
		curl -sf --max-time 3 --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/apiserver-etcd-client.crt \
			--key /etc/kubernetes/pki/apiserver-etcd-client.key "$endpoint/health" | grep -q '"health":"true"' || return 1
	done
}
if [ -n "${KUBELAB_ETCD:-}" ]; then
	log "waiting for the external etcd"
	wait_for 600 "etcd at $KUBELAB_ETCD to have a leader" etcd_healthy
fi

systemctl enable --quiet kubelet.service
log "kubeadm init"
kubeadm init --config "$KUBELAB_NODE_DIR/kubeadm.yaml" --skip-token-print
touch "$marker"
