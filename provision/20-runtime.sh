#!/bin/sh
# containerd and runc. Runs once, in the node image.
set -eu
. "$(dirname "$0")/lib.sh"
load_env
need KUBELAB_PAUSE_IMAGE

if [ -d "$KUBELAB_ARTIFACTS/runtime" ]; then
	install_programs "$KUBELAB_ARTIFACTS/runtime" /usr/local/bin
	# There are none where Kubernetes comes as packages: they depend on a package of the plugins.
	install_programs "$KUBELAB_ARTIFACTS/cni" /opt/cni/bin
	bin=/usr/local/bin/containerd
else
	. "$(dirname "$0")/network-runtime.sh"
	install_runtime_from_network
	bin=$(command -v containerd)
fi

# A file of version 2 is read alike by containerd 1.6 to 2.x; 1.6 silently ignores newer ones.
write_file /etc/containerd/config.toml 0644 <<EOF
version = 2
disabled_plugins = []

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$KUBELAB_PAUSE_IMAGE"
  restrict_oom_score_adj = false

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = true

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/opt/cni/bin"
  conf_dir = "/etc/cni/net.d"

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/etc/containerd/certs.d"
EOF

if [ "$bin" = /usr/local/bin/containerd ]; then
	write_file /etc/systemd/system/containerd.service 0644 <<'EOF'
[Unit]
Description=containerd container runtime
Documentation=https://containerd.io
After=network.target local-fs.target

[Service]
ExecStart=/usr/local/bin/containerd
Type=notify
Delegate=yes
KillMode=process
Restart=always
RestartSec=2
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity

[Install]
WantedBy=multi-user.target
EOF
fi

# What differs between machines is found out at each boot, by trying.
install -D -m 0755 "$(dirname "$0")/machine-boot.sh" /usr/local/lib/kubelab/machine-boot.sh
write_file /etc/systemd/system/kubelab-machine.service 0644 <<'EOF'
[Unit]
Description=Fit this machine to what its kernel allows
DefaultDependencies=no
After=local-fs.target
Before=containerd.service kubelet.service basic.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/lib/kubelab/machine-boot.sh

[Install]
WantedBy=sysinit.target
EOF
systemctl enable --quiet kubelab-machine.service
if booted; then systemctl start kubelab-machine.service; fi
enable_unit containerd.service
