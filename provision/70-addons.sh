#!/bin/sh
# The network plugin and the add-ons, on the first control plane.
set -eu
. "$(dirname "$0")/lib.sh"
load_env

export KUBECONFIG=/etc/kubernetes/admin.conf
[ -d "$KUBELAB_NODE_DIR/addons" ] || exit 0
set --
for manifest in "$KUBELAB_NODE_DIR"/addons/*.yaml; do
	[ ! -f "$manifest" ] || set -- "$@" -f "$manifest"
done
[ $# -gt 0 ] || exit 0
retry 10 2 kubectl apply "$@" || die "the add-ons could not be applied"
