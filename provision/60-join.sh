#!/bin/sh
# kubeadm join: workers, and control planes after the first. Starts while the first control plane still comes up: the
# token and the authority are known in advance.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/node.sh"
load_env
need KUBELAB_ENDPOINT
only_one

marker=/etc/kubernetes/kubelab-joined
finish_if_done "$marker" "kubeadm join"
start_afresh
systemctl enable --quiet kubelet.service

# kubeadm itself looks every five seconds only. That anybody may read cluster-info is the last thing that init grants, so
# that what join reads is there too. Trust is kubeadm's business: it knows the authority.
cluster_info() {
	curl -ksf --max-time 5 -o /dev/null "https://$KUBELAB_ENDPOINT/api/v1/namespaces/kube-public/configmaps/cluster-info"
}
log "waiting for the control plane"
wait_for 1800 "the control plane at $KUBELAB_ENDPOINT to publish its cluster-info" cluster_info

join() {
	kubeadm join --config "$KUBELAB_NODE_DIR/kubeadm.yaml" && return 0
	start_afresh
	return 1
}
log "kubeadm join"
retry 3 5 join || die "kubeadm join failed three times"
touch "$marker"
