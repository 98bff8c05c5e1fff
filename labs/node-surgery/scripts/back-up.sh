#!/bin/sh
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
pki=/etc/kubernetes/pki/etcd
kubectl -n kube-system exec "etcd-$(hostname)" -- etcdctl --endpoints https://127.0.0.1:2379 --cacert $pki/ca.crt \
	--cert $pki/server.crt --key $pki/server.key snapshot save /var/lib/etcd/etcd-backup.db >/dev/null 2>&1
mv /var/lib/etcd/etcd-backup.db /var/lib/kubelab-lab/etcd-backup.db
