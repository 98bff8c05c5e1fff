#!/bin/sh
# kubeadm, kubelet and kubectl, and kubelet's unit. Runs once, in the node image; kubelet stays disabled until init
# or join, or it would restart every few seconds and eat the boot.
set -eu
. "$(dirname "$0")/lib.sh"
load_env
need KUBELAB_KUBERNETES KUBELAB_INSTALL

if [ -d "$KUBELAB_ARTIFACTS/packages" ]; then
	missing=''
	for package in kubelet kubeadm kubectl; do
		# One whose installation was cut off has a version, too.
		version=$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$package" 2>/dev/null | cut -d- -f1)
		[ "$version" = "installed $KUBELAB_KUBERNETES" ] || missing="$missing $package"
	done
	if [ -z "$missing" ]; then
		already "Kubernetes $KUBELAB_KUBERNETES packages"
	else
		DEBIAN_FRONTEND=noninteractive dpkg -i "$KUBELAB_ARTIFACTS"/packages/*.deb
		apt-mark hold kubelet kubeadm kubectl >/dev/null
	fi
elif [ -d "$KUBELAB_ARTIFACTS/bin" ]; then
	install_programs "$KUBELAB_ARTIFACTS/bin" /usr/local/bin
else
	. "$(dirname "$0")/network-kubernetes.sh"
	install_kubernetes_from_network
fi

# kubeadm before 1.31 can't do without crictl, and 1.31 warns.
if [ "$(printf '%s\n' "$KUBELAB_KUBERNETES" | cut -d. -f2)" -lt 32 ] && ! command -v crictl >/dev/null 2>&1; then
	install -m 0755 "$(dirname "$0")/crictl.sh" /usr/local/bin/crictl
	log "installed a stand-in for crictl"
fi

if [ -x /usr/local/bin/kubelet ]; then
	write_file /etc/systemd/system/kubelet.service 0644 <<'EOF'
[Unit]
Description=kubelet, the node agent of Kubernetes
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target containerd.service

[Service]
ExecStart=/usr/local/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=2

[Install]
WantedBy=multi-user.target
EOF
	# The variables and files are those that kubeadm writes and documents:
	# https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/kubelet-integration/
	write_file /etc/systemd/system/kubelet.service.d/10-kubeadm.conf 0644 <<'EOF'
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/local/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
EOF
fi
systemctl disable --quiet kubelet.service 2>/dev/null || true
mkdir -p /etc/kubernetes/manifests

write_file /etc/profile.d/kubelab.sh 0644 <<'EOF'
[ -r /etc/kubernetes/admin.conf ] && export KUBECONFIG=/etc/kubernetes/admin.conf
EOF
if command -v kubectl >/dev/null 2>&1 && [ ! -f /etc/bash_completion.d/kubectl ]; then
	mkdir -p /etc/bash_completion.d
	kubectl completion bash >/etc/bash_completion.d/kubectl
fi

if [ "${KUBELAB_INSTALL}" = binaries ] && booted; then systemctl daemon-reload; fi
