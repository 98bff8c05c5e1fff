#!/bin/sh
set -eu
[ -f /etc/kubernetes/kubelet.conf ] || exit 0
kubeadm reset --force --cri-socket unix:///run/containerd/containerd.sock >/dev/null 2>&1 || true
rm -rf /etc/kubernetes/kubelet.conf /etc/kubernetes/bootstrap-kubelet.conf /var/lib/kubelet/pki
mkdir -p /etc/kubernetes/manifests
