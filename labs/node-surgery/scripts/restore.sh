#!/bin/sh
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
# Nothing to do where it was restored before.
[ -n "$(kubectl -n "$KUBELAB_NAMESPACE" get configmap later --ignore-not-found -o name)" ] || exit 0
/var/lib/kubelab-lab/restore-etcd /var/lib/kubelab-lab/etcd-backup.db
