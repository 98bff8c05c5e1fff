#!/bin/sh
# The plain system: packages, kernel modules, sysctls, no swap. Runs once, in the node image.
set -eu
. "$(dirname "$0")/lib.sh"

install_packages "$(dirname "$0")/base-packages.txt" "base packages"

# Installed for the nodes that need them; no other node runs them.
disable_units haproxy.service rpcbind.service rpcbind.socket nfs-blkmap.service nfs-client.target
# They do nothing for a node but delay its boot or fill its log.
for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer dpkg-db-backup.timer motd-news.timer; do
	systemctl mask --quiet "$unit" 2>/dev/null || true
done

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
