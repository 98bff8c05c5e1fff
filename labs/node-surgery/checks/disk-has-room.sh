#!/bin/sh
disk=/var/lib/kubelab-lab/disk
[ "$(findmnt -n -o FSTYPE "$disk")" = tmpfs ] || exit 1
[ "$(df --output=size "$disk" | tail -n 1)" -eq 8192 ] || exit 1
[ "$(df --output=avail "$disk" | tail -n 1)" -ge 2048 ] || exit 1
