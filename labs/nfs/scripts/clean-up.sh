#!/bin/sh
# Takes the export and its folder back.
set -eu
rm -f /etc/exports.d/kubelab-lab.exports
exportfs -ra
rm -rf /srv/nfs/lab /srv/nfs/labs
rmdir /srv/nfs 2>/dev/null || true
# The server as it was, once no other lab uses it. Where nobody noted how that was, it stays as it is.
server=/var/lib/kubelab-nfs-server
rm -f "$server/used-by-nfs"
if [ -f "$server/before" ] && [ -z "$(find "$server" -name 'used-by-*')" ]; then
	read -r boot now <"$server/before"
	systemctl "$boot" --quiet nfs-server.service
	systemctl "$now" nfs-server.service
	rm -r "$server"
fi
