#!/usr/bin/env bats
# What makes a machine in which a node image was made the image itself: 47.

load helper

key='ssh-rsa AAAA vagrant insecure public key'

setup() {
	setup_box
	real shred
	real sync
	real truncate
	write_env "KUBELAB_VAGRANT_KEY='$key'"
	mkdir -p "$ROOT/etc/ssh" "$ROOT/root/.ssh" "$ROOT/home/vagrant/.ssh" "$ROOT/etc/systemd/network" "$ROOT/etc/network" \
		"$ROOT/var/lib/dbus" "$ROOT/var/lib/systemd" "$ROOT/var/log/journal/abc" "$ROOT/var/lib/kubelab/artifacts/images"
	touch "$ROOT/etc/ssh/ssh_host_ed25519_key" "$ROOT/etc/ssh/ssh_host_ed25519_key.pub" "$ROOT/etc/ssh/sshd_config"
	printf '%s\n' 'ssh-ed25519 AAAA person@home' 'ssh-ed25519 BBBB kubelab' >"$ROOT/root/.ssh/authorized_keys"
	echo 'ssh-ed25519 CCCC vagrant' >"$ROOT/home/vagrant/.ssh/authorized_keys"
	touch "$ROOT/etc/systemd/network/50-vagrant-eth1.network" "$ROOT/etc/systemd/network/80-management.network"
	printf '%s\n' 'auto lo' '#VAGRANT-BEGIN' 'auto eth1' '#VAGRANT-END' 'auto eth0' >"$ROOT/etc/network/interfaces"
	echo 0123456789abcdef0123456789abcdef >"$ROOT/etc/machine-id"
	ln -s /etc/machine-id "$ROOT/var/lib/dbus/machine-id"
	echo seed >"$ROOT/var/lib/systemd/random-seed"
	echo pause >"$ROOT/var/lib/kubelab/artifacts/images/pause.tar"
	printf '%s\n' '127.0.0.1 localhost' '127.0.2.1 box box' '10.0.0.1 boxes' >"$ROOT/etc/hosts"
	echo 'root came in' >"$ROOT/var/log/auth.log"
}

@test "47-seal gives the kernel its options once, by what boots the system" {
	write_env "KUBELAB_VAGRANT_KEY='$key'" "KUBELAB_KERNEL_OPTIONS='tsc=reliable mitigations=off'"
	mkdir -p "$ROOT/boot/extlinux"
	printf '%s\n' 'LABEL linux' '  APPEND root=LABEL=x ro' >"$ROOT/boot/extlinux/extlinux.conf"
	provision 47-seal.sh
	provision 47-seal.sh
	succeeds
	[ "$(cat "$ROOT/boot/extlinux/extlinux.conf")" = 'LABEL linux
  APPEND root=LABEL=x ro tsc=reliable mitigations=off' ]
	not_called update-grub

	rm -r "$ROOT/boot/extlinux"
	printf '#!/bin/sh\necho update-grub >>/box/calls\n' >"$BOX/bin/update-grub"
	chmod +x "$BOX/bin/update-grub"
	provision 47-seal.sh
	succeeds
	called update-grub
	# shellcheck disable=SC2016 # as it is in the file
	[ "$(cat "$ROOT/etc/default/grub.d/90-kubelab.cfg")" = 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX tsc=reliable mitigations=off"' ]

	rm "$BOX/bin/update-grub"
	printf '#!/bin/sh\necho "grubby $*" >>/box/calls\n' >"$BOX/bin/grubby"
	chmod +x "$BOX/bin/grubby"
	provision 47-seal.sh
	succeeds
	called 'grubby --update-kernel=ALL --args=tsc=reliable mitigations=off'
}

@test "47-seal leaves nothing that is this machine's own" {
	provision run.sh seal
	succeeds
	called 'systemctl stop kubelet.service containerd.service'
	called 'apt-get clean'
	[ ! -e "$ROOT/var/lib/kubelab/artifacts" ]
	[ "$(ls "$ROOT/etc/ssh")" = sshd_config ]
	[ "$(ls "$ROOT/etc/systemd/network")" = 80-management.network ]
	[ "$(cat "$ROOT/etc/network/interfaces")" = 'auto lo
auto eth0' ]
	[ -e "$ROOT/etc/machine-id" ]
	[ ! -s "$ROOT/etc/machine-id" ]
	[ -L "$ROOT/var/lib/dbus/machine-id" ]
	[ ! -e "$ROOT/var/lib/systemd/random-seed" ]
	called 'systemctl stop systemd-random-seed.service'
	[ -z "$(ls -A "$ROOT/var/log/journal")" ]
	[ -e "$ROOT/var/log/auth.log" ]
	[ ! -s "$ROOT/var/log/auth.log" ]
	[ "$(cat "$ROOT/etc/hostname")" = localhost ]
	[ "$(cat "$ROOT/etc/hosts")" = '127.0.0.1 localhost
10.0.0.1 boxes' ]
	[ "$(cat "$ROOT/root/.ssh/authorized_keys")" = 'ssh-ed25519 AAAA person@home' ]
	[ "$(cat "$ROOT/home/vagrant/.ssh/authorized_keys")" = "$key" ]
	[ "$(cat "$ROOT/var/lib/kubelab/image")" = 1.30.14 ]
}

@test "after 47-seal nothing is installed in the machines of the image" {
	provision run.sh seal
	provision run.sh image
	succeeds
	says 'already: the node image of Kubernetes 1.30.14'
}

@test "47-seal has the next machine make its own keys" {
	provision 47-seal.sh
	succeeds
	grep -qx kubelab-ssh-keys.service "$BOX/enabled"
	not_called cloud-init
}

@test "47-seal lets cloud-init begin again where a disk tells it how" {
	mkdir -p "$ROOT/dev/disk/by-label" "$ROOT/etc/cloud"
	touch "$ROOT/dev/disk/by-label/cidata" "$ROOT/etc/cloud/cloud-init.disabled"
	provision 47-seal.sh
	succeeds
	called 'cloud-init clean --logs'
	[ ! -e "$ROOT/etc/cloud/cloud-init.disabled" ]
	[ ! -e "$ROOT/etc/systemd/system/kubelab-ssh-keys.service" ]
}

@test "47-seal overwrites what it removes, so that a copy of the disk need not hold it" {
	ln "$ROOT/var/lib/kubelab/artifacts/images/pause.tar" "$ROOT/tmp/same-blocks"
	provision 47-seal.sh
	succeeds
	[ -z "$(tr -d '\000' <"$ROOT/tmp/same-blocks")" ]
}

@test "47-seal is no image where it was cut off" {
	rm "$BOX/bin/shred"
	printf '#!/bin/sh\nexit 1\n' >"$BOX/bin/shred"
	chmod +x "$BOX/bin/shred"
	provision 47-seal.sh
	[ "$status" -ne 0 ] || show 'expected to fail'
	[ ! -e "$ROOT/var/lib/kubelab/image" ]
}

@test "47-seal wants the key that Vagrant comes with" {
	write_env
	provision 47-seal.sh
	dies 'KUBELAB_VAGRANT_KEY is not set'
	not_called 'systemctl stop'
}
