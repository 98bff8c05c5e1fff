#!/bin/sh
# Leaves metrics-server without a pod, and without the flag that lets it do without kubelets' certificates, wherever that
# stands. How all of it was before is kept for bring-back.sh; a second run leaves the first copy alone.
set -eu
export KUBECONFIG=/etc/kubernetes/admin.conf
keep=/var/lib/kubelab-lab-hpa
kubectl -n kube-system get deployment metrics-server -o name >/dev/null

if [ ! -f "$keep/metrics-server.json" ]; then
	mkdir -p "$keep"
	kubectl -n kube-system get deployment/metrics-server service/metrics-server serviceaccount/metrics-server \
		apiservice/v1beta1.metrics.k8s.io rolebinding/metrics-server-auth-reader \
		clusterrole/system:metrics-server clusterrole/system:aggregated-metrics-reader \
		clusterrolebinding/system:metrics-server clusterrolebinding/metrics-server:system:auth-delegator \
		--ignore-not-found -o json >"$keep/found.json"
	jq 'del(.items[].status) | .items[].metadata |= del(.resourceVersion, .uid, .generation, .creationTimestamp)' \
		"$keep/found.json" >"$keep/part.json"
	rm "$keep/found.json"
	mv "$keep/part.json" "$keep/metrics-server.json"
fi

kubectl -n kube-system get deployment metrics-server -o json |
	jq 'del(.metadata.resourceVersion, .status) | .spec.replicas = 0
		| (.spec.template.spec.containers[] | (.args, .command) | select(. != null))
			|= map(select(. != "--kubelet-insecure-tls" and (startswith("--kubelet-insecure-tls=") | not)))' |
	kubectl replace -f - >/dev/null
