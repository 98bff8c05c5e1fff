#!/bin/sh
# Takes from a machine what makes it this one and no other, so that its disk is a node image: keys, names, addresses.
# Runs last in a machine that was started for that alone, and is switched off after it.
set -eu
. "$(dirname "$0")/lib.sh"
load_env
need KUBELAB_KUBERNETES KUBELAB_VAGRANT_KEY

# What is there must be whole on the disk.
systemctl stop kubelet.service containerd.service

# Their blocks are zeros after this, which a copy of the disk leaves out.
if [ -d "$KUBELAB_ARTIFACTS" ]; then
	find "$KUBELAB_ARTIFACTS" -type f -exec shred -n 0 -z {} +
	rm -rf "$KUBELAB_ARTIFACTS"
fi
if by_rpm; then dnf clean packages -q >/dev/null; else apt-get clean; fi

# tell_kernel: options for the kernel's line, by whatever boots this system.
tell_kernel() {
	config=/boot/extlinux/extlinux.conf
	if [ -f "$config" ]; then
		grep -qF " $1" "$config" || sed -i "/^[[:space:]]*APPEND /s/\$/ $1/" "$config"
	elif command -v update-grub >/dev/null 2>&1; then
		# shellcheck disable=SC2016 # GRUB's own script expands it
		printf 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX %s"\n' "$1" | write_file /etc/default/grub.d/90-kubelab.cfg 0644
		update-grub >/dev/null 2>&1 || die "update-grub failed"
	elif command -v grubby >/dev/null 2>&1; then
		grubby --update-kernel=ALL --args="$1"
	else
		log "nothing boots this system that options can be given to: $1"
		return 0
	fi
	log "the kernel's line has: $1"
}
if [ -n "${KUBELAB_KERNEL_OPTIONS:-}" ]; then tell_kernel "$KUBELAB_KERNEL_OPTIONS"; fi

# The addresses that Vagrant gave this machine, in the files that it writes on the systems that kubelab knows.
rm -f /etc/systemd/network/50-vagrant-*.network /etc/netplan/50-vagrant.yaml \
	/etc/NetworkManager/system-connections/eth1.nmconnection /etc/udev/rules.d/70-persistent-net.rules
for file in /etc/network/interfaces /etc/sysconfig/network-scripts/ifcfg-*; do
	if [ -f "$file" ]; then sed -i '/^#VAGRANT-BEGIN/,/^#VAGRANT-END/d' "$file"; fi
done

# The next machine makes its own. cloud-init does, where it has the disk that tells it how.
rm -f /etc/ssh/ssh_host_*
if [ -e /dev/disk/by-label/cidata ] && command -v cloud-init >/dev/null 2>&1; then
	cloud-init clean --logs >/dev/null
	rm -f /etc/cloud/cloud-init.disabled
	log "cloud-init runs again in the next machine"
elif ! by_rpm; then
	# Where packages are RPMs, sshd makes them by itself.
	make_ssh_keys_at_boot
fi
# Empty: systemd then makes one. Without the file, it would take the next boot for the system's very first.
: >/etc/machine-id
if [ -f /var/lib/dbus/machine-id ] && [ ! -L /var/lib/dbus/machine-id ]; then rm /var/lib/dbus/machine-id; fi
# When it stops, it saves one: all machines would begin with it.
systemctl stop systemd-random-seed.service
rm -f /var/lib/systemd/random-seed
name=$(hostname)
echo localhost >/etc/hostname
sed -i "/[[:space:]]$name\([[:space:].]\|\$\)/d" /etc/hosts
rm -rf /var/log/journal/*
find /var/log -type f -exec truncate -s 0 {} +

# kubelab's own way in goes, and Vagrant finds the key again that it changes for one of the machine's own.
if [ -f /root/.ssh/authorized_keys ]; then sed -i '/ kubelab$/d' /root/.ssh/authorized_keys; fi
if [ -d /home/vagrant/.ssh ]; then printf '%s\n' "$KUBELAB_VAGRANT_KEY" >/home/vagrant/.ssh/authorized_keys; fi

# Last: only what is sealed to the end is an image, in which nothing is installed again.
echo "$KUBELAB_KUBERNETES" | write_file /var/lib/kubelab/image 0644
sync
