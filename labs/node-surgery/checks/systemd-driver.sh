#!/bin/sh
grep -Eq '^[[:space:]]*SystemdCgroup = true' /etc/containerd/config.toml || exit 1
grep -Eq '^cgroupDriver: systemd' /var/lib/kubelet/config.yaml || exit 1
