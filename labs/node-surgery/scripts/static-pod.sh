#!/bin/sh
set -eu
cat >/var/lib/kubelab-lab/hello.yaml <<EOF
apiVersion: v1
kind: Pod
metadata:
  name: hello
  namespace: $KUBELAB_NAMESPACE
  labels: {app: hello}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: hello
      image: $(ctr -n k8s.io images list -q | grep -m 1 -E 'toolbox|busybox')
      command: [sh, -c, "mkdir -p /www; echo hello >/www/index.html; exec httpd -f -p 8080 -h /www"]
EOF
cmp -s /var/lib/kubelab-lab/hello.yaml /etc/kubernetes/manifests/hello.yaml ||
	cp /var/lib/kubelab-lab/hello.yaml /etc/kubernetes/manifests/hello.yaml
