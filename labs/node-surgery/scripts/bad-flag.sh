#!/bin/sh
# What a tutorial of 2022 says against "selfLink was empty".
set -eu
manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
if ! grep -q RemoveSelfLink "$manifest"; then
	sed 's/^    - kube-apiserver$/&\n    - --feature-gates=RemoveSelfLink=false/' "$manifest" >/var/lib/kubelab-lab/kube-apiserver.yaml
	cp /var/lib/kubelab-lab/kube-apiserver.yaml "$manifest"
	rm /var/lib/kubelab-lab/kube-apiserver.yaml
fi
seconds=0
until ! curl -sk --max-time 2 -o /dev/null https://127.0.0.1:6443/livez &&
	grep -qs RemoveSelfLink /var/log/pods/kube-system_kube-apiserver-*/kube-apiserver/*.log; do
	seconds=$((seconds + 1))
	[ "$seconds" -le 100 ] || exit 2
	sleep 1
done
