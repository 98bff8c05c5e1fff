#!/bin/sh
# One API server, and no gate that it does not know.
[ "$(grep -ls -- '- kube-apiserver$' /etc/kubernetes/manifests/* | wc -l)" -eq 1 ] || exit 1
grep -qs RemoveSelfLink /etc/kubernetes/manifests/* && exit 1
exit 0
