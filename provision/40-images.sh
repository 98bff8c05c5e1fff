#!/bin/sh
# Imports and unpacks every image, so that no node pulls or unpacks anything. Runs once, in the node image.
set -eu
. "$(dirname "$0")/lib.sh"

if [ ! -d "$KUBELAB_ARTIFACTS/images" ]; then
	log "no image archives: nodes pull what they need"
	exit 0
fi

work=''
containerd_pid=''
if booted; then
	socket=/run/containerd/containerd.sock
else
	# No system runs in the folder of a node image: a containerd for the import alone.
	work=$(mktemp -d)
	socket=$work/containerd.sock
	cat >"$work/config.toml" <<EOF
version = 2
root = "/var/lib/containerd"
state = "$work/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri"]

[grpc]
  address = "$socket"
EOF
	containerd --config "$work/config.toml" >"$work/log" 2>&1 &
	containerd_pid=$!
	trap 'kill "$containerd_pid" 2>/dev/null || true; wait "$containerd_pid" 2>/dev/null || true; rm -rf "$work"' EXIT
fi

images() { ctr --address "$socket" --namespace k8s.io images "$@"; }

if ! (wait_for 60 containerd images list -q); then
	[ -z "$work" ] || cat "$work/log" >&2
	die "containerd did not answer"
fi

for archive in "$KUBELAB_ARTIFACTS"/images/*.tar; do
	reference=$(cat "$archive.ref" 2>/dev/null || true)
	if [ -n "$reference" ] && images list -q | grep -qxF "$reference"; then
		already "$reference"
	else
		images import --local "$archive" >/dev/null 2>&1 || images import "$archive" >/dev/null
		log "imported ${reference:-${archive##*/}}"
	fi
done

# Images that nodes rely on must not fall to kubelet's garbage collection when the disk fills.
for reference in $(images list -q); do
	images label "$reference" io.cri-containerd.pinned=pinned >/dev/null
done
