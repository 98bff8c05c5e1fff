#!/bin/sh
# The plain system: packages, kernel modules, sysctls, no swap. Runs once, in the node image, or on each node where its
# machine began as a plain system.
set -eu
. "$(dirname "$0")/lib.sh"

# A cloud image is still being set up at its first boot.
wait_for_cloud_init
# They do nothing for a node but delay its boot, fill its log, or hold the package database when it is needed.
for unit in apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service e2scrub_all.timer fstrim.timer \
	dpkg-db-backup.timer motd-news.timer dnf-makecache.timer; do
	systemctl mask --quiet "$unit" 2>/dev/null || true
done
if booted; then
	for unit in apt-daily.service apt-daily-upgrade.service unattended-upgrades.service; do
		systemctl stop "$unit" 2>/dev/null || true
	done
fi

install_packages "$(dirname "$0")/base-packages.txt" "base packages"
# The machines of kubelab's own base box have it already, and to a system container it is of no use.
if booted && ! contained; then install_packages "$(dirname "$0")/plain-packages.txt" "packages of plain systems"; fi

# Installed for the nodes that need them; no other node runs them. Nodes are on a network of their own behind no firewall.
disable_units haproxy.service rpcbind.service rpcbind.socket nfs-blkmap.service nfs-client.target firewalld.service
if booted; then disable_units nfs-server.service; fi

# kubeadm's own documents ask for this where there is SELinux: containers read the host's files.
if [ -f /etc/selinux/config ] && grep -q '^SELINUX=enforcing' /etc/selinux/config; then
	sed -i 's/^SELINUX=enforcing/SELINUX=permissive/' /etc/selinux/config
	if booted; then setenforce 0; fi
	log "made SELinux permissive"
fi

# What manages the machine's networks must let those of pods alone.
if [ -d /etc/NetworkManager/conf.d ]; then
	write_file /etc/NetworkManager/conf.d/kubelab.conf 0644 <<'EOF'
[keyfile]
unmanaged-devices=interface-name:cni*;interface-name:flannel*;interface-name:veth*;interface-name:kube-*
EOF
fi
if booted && [ -d /etc/systemd/network ]; then
	write_file /etc/systemd/networkd.conf.d/kubelab.conf 0644 <<'EOF'
[Network]
ManageForeignRoutes=no
ManageForeignRoutingPolicyRules=no
EOF
fi

write_file /etc/modules-load.d/kubelab.conf 0644 <<'EOF'
overlay
br_netfilter
EOF

# https://kubernetes.io/docs/setup/production-environment/container-runtimes/ names the forwarding; the bridge
# settings are what kube-proxy and flannel rely on and kubeadm no longer checks from 1.30; inotify's defaults
# are too small for a node with many pods.
write_file /etc/sysctl.d/99-kubelab.conf 0644 <<'EOF'
net.ipv4.ip_forward = 1
-net.bridge.bridge-nf-call-iptables = 1
-net.bridge.bridge-nf-call-ip6tables = 1
-fs.inotify.max_user_instances = 8192
-fs.inotify.max_user_watches = 524288
EOF

# kubelet refuses to start where swap is on.
if [ -f /etc/fstab ] && grep -Eq '^[^#].*[[:space:]]swap[[:space:]]' /etc/fstab; then
	sed -i -E '/^[^#].*[[:space:]]swap[[:space:]]/s/^/# kubelab: /' /etc/fstab
	log "took swap out of /etc/fstab"
fi

write_file /etc/ssh/sshd_config.d/kubelab.conf 0644 <<'EOF'
PasswordAuthentication no
UseDNS no
MaxStartups 100
MaxSessions 100
EOF

write_file /etc/systemd/journald.conf.d/kubelab.conf 0644 <<'EOF'
[Journal]
SystemMaxUse=100M
EOF

# What runs as process 1 of a pod often ignores SIGTERM; without this every shutdown waits 90 seconds for it.
write_file /etc/systemd/system.conf.d/kubelab.conf 0644 <<'EOF'
[Manager]
DefaultTimeoutStopSec=5s
EOF
