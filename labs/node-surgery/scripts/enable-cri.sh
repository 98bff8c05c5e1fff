#!/bin/sh
set -eu
config=/etc/containerd/config.toml
if ! grep -q '^disabled_plugins = \[\]' "$config"; then
	sed -i 's/^disabled_plugins = .*/disabled_plugins = []/' "$config"
	systemctl restart containerd.service
fi
