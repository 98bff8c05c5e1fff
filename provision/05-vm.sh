#!/bin/sh
# What a virtual machine's system has beyond a system container's: a kernel that finds its disk, an address from the
# provider's network, and the user that Vagrant comes as. Runs once, in the base box of virtual machines.
set -eu
. "$(dirname "$0")/lib.sh"

install_packages "$(dirname "$0")/vm-packages.txt" "packages of virtual machines"
# Installed for the labs that need it; no other node runs it.
disable_units nfs-server.service

# Only what a virtual machine's disk can hang on: a small initramfs is read and unpacked in a fraction of the time, which
# counts where the processor is emulated.
write_file /etc/initramfs-tools/conf.d/kubelab 0644 <<'EOF'
MODULES=list
EOF
write_file /etc/initramfs-tools/modules 0644 <<'EOF'
virtio_pci
virtio_blk
virtio_scsi
ata_piix
sd_mod
EOF
stale=no
for initramfs in /boot/initrd.img-*; do
	if [ -n "$(find /etc/initramfs-tools/modules -newer "$initramfs")" ]; then stale=yes; fi
done
if [ "$stale" = yes ]; then
	update-initramfs -u -k all >/dev/null || die "update-initramfs failed"
	log "made the initramfs"
else
	already "the initramfs"
fi

# The disk's kernel line has net.ifnames=0, so that the first interface is eth0 whatever it hangs on. Vagrant writes
# 50-vagrant-eth1.network beside this for the cluster's own network, as it does wherever networkd is active.
write_file /etc/systemd/network/80-management.network 0644 <<'EOF'
[Match]
Name=eth0

[Network]
DHCP=ipv4
IPv6AcceptRA=no

[DHCPv4]
ClientIdentifier=mac
UseHostname=no
EOF
# Vagrant restarts networkd, which otherwise takes away the routes and rules that network plugins made.
write_file /etc/systemd/networkd.conf.d/kubelab.conf 0644 <<'EOF'
[Network]
ManageForeignRoutes=no
ManageForeignRoutingPolicyRules=no
EOF
# A tree has the names of the host that it was made on. Vagrant gives each machine its own.
if booted; then already "the host name"; else
	write_file /etc/hostname 0644 <<'EOF'
debian
EOF
	write_file /etc/hosts 0644 <<'EOF'
127.0.0.1 localhost
127.0.1.1 debian
::1 localhost ip6-localhost ip6-loopback
EOF
fi
# Pods can't ask a name server on a loopback address, so the file names the real ones.
if [ "$(readlink /etc/resolv.conf)" = /run/systemd/resolve/resolv.conf ]; then already /etc/resolv.conf; else
	ln -sfn /run/systemd/resolve/resolv.conf /etc/resolv.conf
	log "linked /etc/resolv.conf"
fi
enable_unit systemd-networkd.service
enable_unit systemd-resolved.service

make_ssh_keys_at_boot

# https://developer.hashicorp.com/vagrant/docs/boxes/base: the user, sudo without a password, and the public half of a
# key that every Vagrant has (keys/vagrant.pub.rsa in its source). Vagrant puts one of the machine's own in its place at
# the first `up`, so what is there is never put back. Vagrant from 2.3.5 on has an ed25519 key, too, and tries both; one
# before that would leave it in, and with it a way for everybody.
if grep -q '^vagrant:' /etc/passwd; then already "user vagrant"; else
	useradd --create-home --shell /bin/bash vagrant
	log "made the user vagrant"
fi
write_file /etc/sudoers.d/vagrant 0440 <<'EOF'
vagrant ALL=(ALL:ALL) NOPASSWD: ALL
EOF
if [ -e /home/vagrant/.ssh/authorized_keys ]; then already "Vagrant's key"; else
	install -d -m 0700 /home/vagrant/.ssh
	write_file /home/vagrant/.ssh/authorized_keys 0600 <<'EOF'
ssh-rsa AAAAB3NzaC1yc2EAAAABIwAAAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+v1I2YJ6oXevct1YeS0o9HZyN1Q9qgCgzUFtdOKLv6IedplqoPkcmF0aYet2PkEDo3MlTBckFXPITAMzF8dJSIFo9D8HfdOV0IAdx4O7PtixWKn5y2hMNG0zQPyUecp4pzC6kivAIhyfHilFR61RGL+GPXQ2MWZWFYbAGjyiYJnAmCP3NOTd0jMZEnDkbUvxhMmBYSdETk1rRgm+R4LOzFUGaHqHDLKLX+FIPKcF96hrucXzcWyLbIbEgE98OHlnVYCzRdK8jlqm8tehUc9c9WhQ== vagrant insecure public key
EOF
	chown -R vagrant:vagrant /home/vagrant/.ssh
fi
