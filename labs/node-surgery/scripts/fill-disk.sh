#!/bin/sh
# A disk of 8 MiB, in memory so that no real one fills, and a program that keeps a deleted file on it open.
set -eu
disk=/var/lib/kubelab-lab/disk
mkdir -p "$disk"
mountpoint -q "$disk" || mount -t tmpfs -o size=8m,mode=0777 lab-disk "$disk"
systemctl is-active --quiet kubelab-lab-cache.service && exit 0
rm -f "$disk/cache.tmp"
systemd-run --quiet --collect --unit=kubelab-lab-cache.service sh -c \
	"exec 3>$disk/cache.tmp; rm $disk/cache.tmp; cat /dev/zero >&3 2>/dev/null; exec sleep infinity"
seconds=0
until [ "$(df --output=avail "$disk" | tail -n 1)" -eq 0 ]; do
	seconds=$((seconds + 1))
	[ "$seconds" -le 20 ] || exit 2
	sleep 1
done
