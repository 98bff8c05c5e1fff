#!/bin/sh
systemctl is-active --quiet containerd.service || exit 1
grep -Eq '^[[:space:]]*disabled_plugins.*cri' /etc/containerd/config.toml && exit 1
exit 0
