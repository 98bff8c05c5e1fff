#!/bin/sh
set -eu
[ ! -f /etc/kubernetes/kubelet.conf ] || exit 0
ip link delete cni0 2>/dev/null || true
ip link delete flannel.1 2>/dev/null || true
umask 077
sed "s/token: .*/token: $(printf %s "$JOIN" | cut -c1-6).$JOIN$JOIN/" /opt/kubelab/node/kubeadm.yaml >/root/join.yaml
systemctl enable --quiet kubelet.service
kubeadm join --config /root/join.yaml >/dev/null
rm -f /root/join.yaml
touch /etc/kubernetes/kubelab-joined
