#!/bin/sh
# One member of an external etcd: a static pod under a kubelet that belongs to no cluster, as
# https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/setup-ha-etcd-with-kubeadm/ describes.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/node.sh"
load_env
only_one

marker=/etc/kubernetes/kubelab-etcd
finish_if_done "$marker" "etcd member"
start_afresh
config=$KUBELAB_NODE_DIR/kubeadm.yaml
for certificate in etcd-server etcd-peer etcd-healthcheck-client; do
	kubeadm init phase certs "$certificate" --config "$config"
done
kubeadm init phase etcd local --config "$config"

install -D -m 0644 "$KUBELAB_NODE_DIR/kubelet.yaml" /var/lib/kubelet/config.yaml
write_file /etc/systemd/system/kubelet.service.d/20-etcd.conf 0644 <<EOF
[Service]
Environment="KUBELET_KUBECONFIG_ARGS="
Environment="KUBELET_EXTRA_ARGS=--hostname-override=$KUBELAB_NAME $(cat "$KUBELAB_NODE_DIR/kubelet-flags")"
EOF
systemctl daemon-reload
systemctl enable --quiet kubelet.service
systemctl restart kubelet.service

touch "$marker"
