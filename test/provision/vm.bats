#!/usr/bin/env bats
# What makes a plain system that of a virtual machine: 05.

load helper

setup() {
	setup_box
	real readlink
	while read -r package; do echo 1.0 >"$BOX/dpkg/$package"; done <"$PROVISION/vm-packages.txt"
	echo nfs-server.service >"$BOX/enabled"
	mkdir -p "$ROOT/boot"
	touch -d '2020-01-01' "$ROOT/boot/initrd.img-6.1.0-1-cloud-amd64"
	echo 'root:x:0:0::/root:/bin/sh' >"$ROOT/etc/passwd"
	ln -s ../run/systemd/resolve/stub-resolv.conf "$ROOT/etc/resolv.conf"
	echo box >"$ROOT/etc/hostname"
}

@test "05-vm makes a plain system that of a virtual machine, and then has nothing to do" {
	provision run.sh vm
	succeeds
	called 'update-initramfs -u -k all'
	[ "$(cat "$ROOT/etc/initramfs-tools/conf.d/kubelab")" = MODULES=list ]
	grep -qx virtio_blk "$ROOT/etc/initramfs-tools/modules"
	[ "$(cat "$BOX/enabled")" = 'systemd-networkd.service
systemd-resolved.service
kubelab-ssh-keys.service' ]
	grep -qx 'Name=eth0' "$ROOT/etc/systemd/network/80-management.network"
	[ "$(readlink "$ROOT/etc/resolv.conf")" = /run/systemd/resolve/resolv.conf ]
	[ "$(cat "$ROOT/etc/hostname")" = debian ]

	forget_calls
	provision run.sh vm
	succeeds
	[ "$(grep -vcE '^already: |^== ' <<<"$output")" -eq 0 ] || show 'expected nothing to do'
	not_called update-initramfs
	not_called useradd
}

@test "05-vm lets Vagrant in with the key that every version has and replaces" {
	provision 05-vm.sh
	succeeds
	called 'useradd --create-home --shell /bin/bash vagrant'
	called 'chown -R vagrant:vagrant /home/vagrant/.ssh'
	keys=$ROOT/home/vagrant/.ssh/authorized_keys
	# What ssh-keygen says of keys/vagrant.pub.rsa in Vagrant's source. No other key: Vagrant 2.3.4 removes only this one.
	output=$(ssh-keygen -l -f "$keys")
	[ "$(cut -d' ' -f2 <<<"$output")" = SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA ] || show "expected Vagrant's key alone"
	[ "$(mode_of "$keys")" = 600 ]
	[ "$(mode_of "${keys%/*}")" = 700 ]
	[ "$(mode_of "$ROOT/etc/sudoers.d/vagrant")" = 440 ]
	visudo=$(command -v visudo) || skip "visudo is not installed here"
	"$visudo" -c -f "$ROOT/etc/sudoers.d/vagrant"
}

@test "05-vm never puts back the key that Vagrant replaced" {
	provision 05-vm.sh
	echo 'ssh-ed25519 AAAA own' >"$ROOT/home/vagrant/.ssh/authorized_keys"
	provision 05-vm.sh
	succeeds
	[ "$(cat "$ROOT/home/vagrant/.ssh/authorized_keys")" = 'ssh-ed25519 AAAA own' ]
}

@test "05-vm leaves the name of a system that runs" {
	mkdir -p "$ROOT/run/systemd/system"
	provision 05-vm.sh
	succeeds
	[ "$(cat "$ROOT/etc/hostname")" = box ]
	called 'systemctl start systemd-networkd.service'
}

@test "05-vm installs the kernel where there is none" {
	rm "$BOX/dpkg/linux-image-cloud-amd64"
	provision 05-vm.sh
	succeeds
	called 'apt-get install -y -qq --no-install-recommends linux-image-cloud-amd64'
}

@test "05-vm tries the initramfs again where it failed" {
	fail 1 update-initramfs
	provision 05-vm.sh
	dies 'update-initramfs failed'
	provision 05-vm.sh
	succeeds
	says 'made the initramfs'
}

@test "the unit of 05-vm makes the host keys, also after a boot that was cut off" {
	provision 05-vm.sh
	unit=$ROOT/etc/systemd/system/kubelab-ssh-keys.service
	grep -qx 'ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key.pub' "$unit"
	# As systemd would read it, in a folder of the test's.
	command=$(sed -n "s/^ExecStart=\/bin\/sh -euc '\(.*\)'$/\1/p" "$unit" | sed "s|\\$\\$|\$|g; s|/etc/ssh|$BATS_TEST_TMPDIR|g")
	[ -n "$command" ]
	echo half >"$BATS_TEST_TMPDIR/ssh_host_ecdsa_key"
	sh -euc "$command"
	ssh-keygen -y -P '' -f "$BATS_TEST_TMPDIR/ssh_host_ecdsa_key"
	ssh-keygen -l -f "$BATS_TEST_TMPDIR/ssh_host_ed25519_key.pub"
}
