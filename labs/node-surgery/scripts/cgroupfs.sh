#!/bin/sh
set -eu
sed -i 's/SystemdCgroup = true/SystemdCgroup = false/' /etc/containerd/config.toml
systemctl restart containerd.service
systemctl restart kubelet.service
