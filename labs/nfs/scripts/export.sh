#!/bin/sh
# What step export asks for.
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
mkdir -p /srv/nfs/lab /etc/exports.d
echo "page $WORD" >/srv/nfs/lab/index.html
for node in worker1 worker2; do
	address=$(kubectl get node "$node" -o jsonpath='{.status.addresses[?(@.type=="InternalIP")].address}')
	echo "/srv/nfs/lab $address(rw,sync,no_subtree_check)"
done >/etc/exports.d/kubelab-lab.exports
systemctl enable --now --quiet nfs-server.service
exportfs -ra
