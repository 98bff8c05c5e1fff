#!/bin/sh
# Whether treasure is older than the backup: one that was made again is younger.
made=$(kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 8s -n "$KUBELAB_NAMESPACE" \
	get configmap treasure -o jsonpath='{.metadata.creationTimestamp}' 2>/dev/null) || exit 1
saved=$(stat -c %Y /var/lib/kubelab-lab/etcd-backup.db 2>/dev/null) || exit 1
[ "$(date -d "$made" +%s)" -le "$saved" ] || exit 1
