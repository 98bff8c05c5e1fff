#!/bin/sh
# kubeadm init on the first control plane.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/node.sh"
load_env
only_one

prepare_node
marker=/etc/kubernetes/kubelab-initialised
if [ -e "$marker" ]; then
	already "kubeadm init"
	systemctl enable --quiet --now kubelet.service
	exit 0
fi

wait_for_runtime
clean_up_partial
install_pki
mkdir -p /etc/kubernetes/manifests
systemctl enable --quiet kubelet.service
log "kubeadm init"
kubeadm init --config "$KUBELAB_NODE_DIR/kubeadm.yaml" --skip-token-print
touch "$marker"
