#!/bin/sh
# Makes the folder that volumes come from, and exports it where the kernel has NFS. What came of it is in the ConfigMap
# backend, where the lab reads it from.
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
folder=/srv/nfs/kubelab-lab
mkdir -p "$folder"
chmod 0777 "$folder"
address=$(kubectl get node "$(hostname)" -o jsonpath='{.status.addresses[?(@.type=="InternalIP")].address}')
grep -qw nfsd /proc/filesystems || modprobe nfsd 2>/dev/null || true
if grep -qw nfsd /proc/filesystems && command -v exportfs >/dev/null 2>&1; then
	# How the server was before the first of the labs that use it: the last of them to end puts that back.
	server=/var/lib/kubelab-nfs-server
	mkdir -p "$server"
	if [ ! -f "$server/before" ]; then
		boot=disable
		now=stop
		if systemctl is-enabled --quiet nfs-server.service; then boot=enable; fi
		if systemctl is-active --quiet nfs-server.service; then now=start; fi
		echo "$boot $now" >"$server/before.part"
		mv "$server/before.part" "$server/before"
	fi
	touch "$server/used-by-storageclass-nfs"
	mkdir -p /etc/exports.d
	echo "$folder *(rw,sync,no_subtree_check,no_root_squash)" >/etc/exports.d/kubelab-lab-class.exports
	systemctl enable --now --quiet nfs-server.service
	exportfs -ra
	kind=nfs
	volume="{name: export, nfs: {server: $address, path: $folder}}"
	place='{kubernetes.io/os: linux}'
else
	kind=folder
	volume="{name: export, hostPath: {path: $folder, type: Directory}}"
	place="{kubernetes.io/hostname: $(hostname)}"
fi
kubectl -n "$KUBELAB_NAMESPACE" create configmap backend --from-literal=kind="$kind" --from-literal=server="$address" \
	--from-literal=volume="$volume" --from-literal=place="$place" --dry-run=client -o yaml |
	kubectl -n "$KUBELAB_NAMESPACE" apply -f - >/dev/null

# Which class was the default one, so that a reset can say so again.
keep=/var/lib/kubelab-lab-class
if [ ! -d "$keep" ]; then
	mkdir -p "$keep"
	kubectl get storageclass -o json | jq -r '.items[] | select(.metadata.annotations["storageclass.kubernetes.io/is-default-class"] == "true") | .metadata.name' >"$keep/default"
fi
