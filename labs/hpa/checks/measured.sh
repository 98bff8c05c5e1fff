#!/bin/sh
# Whether metrics-server has a value for a pod of web.
set -u
pods=$(kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 8s -n "$KUBELAB_NAMESPACE" top pods -l app=web --no-headers 2>/dev/null)
case $pods in
*web-*) exit 0 ;;
*) exit 1 ;;
esac
