#!/bin/sh
# Whether the node that asked for a certificate last did so with a token other than kubelab's.
export KUBECONFIG=/etc/kubernetes/admin.conf
own=$(sed -n "s/^[ -]*token: *[\"']\{0,1\}\([a-z0-9]\{6\}\)\..*/\1/p" /opt/kubelab/node/kubeadm.yaml | head -n 1)
[ -n "$own" ] || exit 2
requests=$(kubectl --request-timeout 8s get certificatesigningrequests --sort-by .metadata.creationTimestamp \
	--no-headers -o custom-columns=BY:.spec.username 2>/dev/null) || exit 1
last=$(printf '%s\n' "$requests" | sed -n 's/^system:bootstrap:\([a-z0-9]*\).*/\1/p' | tail -n 1)
# Kubernetes removes a request an hour after it was granted, and with it the only trace of the token.
[ -n "$last" ] || exit 3
[ "$last" != "$own" ] || exit 1
