#!/bin/sh
# The folder is exported to both workers, for writing, to nobody else, and with root squashed.
list=$(exportfs -v 2>/dev/null | tr '\n' ' ' | sed 's/\([^ ]\)  */\1 /g; s, /,\n/,g')
mine=$(printf '%s\n' "$list" | grep '^/srv/nfs/lab ' | tr '\n' ' ')
[ -n "$mine" ] || exit 1
case $mine in
*'<world>'* | *'*'* | *no_root_squash* | *10.0.2.15*) exit 1 ;;
esac
for node in worker1 worker2; do
	address=$(kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 4s get node "$node" \
		-o jsonpath='{.status.addresses[?(@.type=="InternalIP")].address}') || exit 2
	printf '%s' "$mine" | grep -Eq "(^| )$address ?\([^)]*rw" || exit 1
done
