#!/bin/sh
# Takes the export and its folder back, and makes the default class and the server what they were.
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
keep=/var/lib/kubelab-lab-class
key=storageclass.kubernetes.io/is-default-class
if [ -f "$keep/default" ]; then
	while read -r class; do
		kubectl annotate storageclass "$class" --overwrite "$key=true" >/dev/null
	done <"$keep/default"
fi
for volume in $(kubectl get pv -o json | jq -r --arg namespace "$KUBELAB_NAMESPACE" '.items[] | select(.spec.claimRef.namespace == $namespace) | .metadata.name'); do
	kubectl patch pv "$volume" --type merge -p '{"metadata":{"finalizers":null}}' >/dev/null
	kubectl delete pv "$volume" --ignore-not-found --timeout=60s >/dev/null
done
if [ -f /etc/exports.d/kubelab-lab-class.exports ]; then
	rm -f /etc/exports.d/kubelab-lab-class.exports
	exportfs -ra
fi
rm -rf "$keep" /srv/nfs/kubelab-lab
rmdir /srv/nfs 2>/dev/null || true
# The server as it was, once no other lab uses it. Where nobody noted how that was, it stays as it is.
server=/var/lib/kubelab-nfs-server
rm -f "$server/used-by-storageclass-nfs"
if [ -f "$server/before" ] && [ -z "$(find "$server" -name 'used-by-*')" ]; then
	read -r boot now <"$server/before"
	systemctl "$boot" --quiet nfs-server.service
	systemctl "$now" nfs-server.service
	rm -r "$server"
fi
