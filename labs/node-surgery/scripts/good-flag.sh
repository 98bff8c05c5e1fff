#!/bin/sh
set -eu
manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
if grep -q RemoveSelfLink "$manifest"; then
	grep -v RemoveSelfLink "$manifest" >/var/lib/kubelab-lab/kube-apiserver.yaml
	cp /var/lib/kubelab-lab/kube-apiserver.yaml "$manifest"
	rm /var/lib/kubelab-lab/kube-apiserver.yaml
fi
seconds=0
until [ "$(curl -sk --max-time 3 https://127.0.0.1:6443/readyz)" = ok ]; do
	seconds=$((seconds + 1))
	# kubelet waits longer and longer before it tries a container again; its restart forgets that.
	[ "$seconds" -ne 20 ] || systemctl restart kubelet.service
	[ "$seconds" -le 180 ] || exit 2
	sleep 1
done
