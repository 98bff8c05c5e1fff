#!/bin/sh
# Says how a pod gets at the folder of the claim data: by the claim, or where nothing can mount NFS, as the folder itself.
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
n="kubectl -n $KUBELAB_NAMESPACE"
path=$(kubectl get pv "$($n get pvc data -o jsonpath='{.spec.volumeName}')" -o jsonpath='{.spec.nfs.path}')
if [ "$($n get configmap backend -o jsonpath='{.data.kind}')" = nfs ]; then
	volume='{name: data, persistentVolumeClaim: {claimName: data}}'
else
	volume="{name: data, hostPath: {path: $path, type: Directory}}"
fi
$n create configmap consumer --from-literal=volume="$volume" --from-literal=folder="$path" --dry-run=client -o yaml | $n apply -f - >/dev/null
