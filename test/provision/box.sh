#!/bin/sh
# box.sh ROOT COMMAND...: runs a command in a root file system of its own. It has this system's /usr, read-only and with
# an empty /usr/local, and a PATH with nothing on it but fakes and the tools that /box/bin links to: what a script calls
# and the test doesn't know is not found. Needs a mount namespace of its own.
set -eu

root=$1
shift

for folder in bin sbin lib lib32 lib64; do
	if [ -L "/$folder" ]; then
		[ -L "$root/$folder" ] || cp -P "/$folder" "$root/$folder"
	elif [ -d "/$folder" ]; then
		mkdir -p "$root/$folder"
		mount --bind "/$folder" "$root/$folder"
		mount -o remount,bind,ro "$root/$folder"
	fi
done
mount --bind /usr "$root/usr"
mount -o remount,bind,ro "$root/usr"
mount --bind "$root/box/usr-local" "$root/usr/local"
mount --bind /dev/null "$root/dev/null"
mount --bind "$PROVISION" "$root/opt/kubelab/provision"
mount -o remount,bind,ro "$root/opt/kubelab/provision"

exec chroot "$root" /usr/bin/env -i PATH=/usr/local/bin:/box/bin HOME=/root LC_ALL=C.UTF-8 "$@"
