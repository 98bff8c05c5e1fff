#!/bin/sh
systemctl is-active --quiet containerd.service || exit 1
# Without the file containerd has its defaults: CRI is on in them, and all that kubelab set is lost.
[ -f /etc/containerd/config.toml ] || exit 1
grep -Eq '^[[:space:]]*disabled_plugins.*cri' /etc/containerd/config.toml && exit 1
exit 0
