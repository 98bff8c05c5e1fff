#!/bin/sh
set -eu
config=/etc/containerd/config.toml
if grep -q 'SystemdCgroup = false' "$config"; then
	sed -i 's/SystemdCgroup = false/SystemdCgroup = true/' "$config"
	systemctl restart containerd.service
	systemctl restart kubelet.service
fi
