#!/bin/sh
set -eu
if [ -z "$WEB_IMAGE" ]; then
	echo "when the step began there was no Deployment web, which has the image" >&2
	exit 2
fi
cat >/var/lib/kubelab-lab/hello.yaml <<END
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
      image: $WEB_IMAGE
      command: [sh, -c, "mkdir -p /www; echo hello >/www/index.html; exec httpd -f -p 8080 -h /www"]
END
cmp -s /var/lib/kubelab-lab/hello.yaml /etc/kubernetes/manifests/hello.yaml ||
	cp /var/lib/kubelab-lab/hello.yaml /etc/kubernetes/manifests/hello.yaml
