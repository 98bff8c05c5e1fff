#!/bin/sh
# The provisioner goes with the namespace and can't remove its volumes any more: they are removed by clean-up.sh.
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
for volume in $(kubectl get pv -o json | jq -r --arg namespace "$KUBELAB_NAMESPACE" '.items[] | select(.spec.claimRef.namespace == $namespace) | .metadata.name'); do
	kubectl patch pv "$volume" --type merge -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}' >/dev/null
done
