# shellcheck shell=sh
# containerd, runc and the CNI plugins from their releases, for machines without an artifacts folder. Sourced by
# 20-runtime.sh.

install_runtime_from_network() {
	need KUBELAB_CONTAINERD
	arch=$(architecture)
	releases=${KUBELAB_GITHUB_URL:-https://github.com}
	install_containerd "$KUBELAB_CONTAINERD"
	install_runc "${KUBELAB_RUNC:-1.3.4}"
	# Kubernetes' packages depend on a package of the plugins.
	if [ "${KUBELAB_INSTALL:-}" != packages ]; then install_cni_plugins "${KUBELAB_CNI_PLUGINS:-1.9.1}"; fi
}

install_containerd() {
	if [ "$(/usr/local/bin/containerd --version 2>/dev/null | cut -d' ' -f3)" = "v$1" ]; then
		already "containerd $1"
		return 0
	fi
	url=$releases/containerd/containerd/releases/download/v$1/containerd-$1-linux-$arch.tar.gz
	work=$(mktemp -d)
	unpack_verified "$url" "$url.sha256sum" "$work"
	# containerd comes last: its version says that all are there.
	for program in containerd-shim-runc-v2 ctr containerd; do
		install -m 0755 "$work/bin/$program" "/usr/local/bin/$program"
	done
	rm -rf "$work"
	log "installed containerd $1"
}

install_runc() {
	if [ "$(/usr/local/bin/runc --version 2>/dev/null | sed -n 's/^runc version //p')" = "$1" ]; then
		already "runc $1"
		return 0
	fi
	base=$releases/opencontainers/runc/releases/download/v$1
	digest=$(published_digest "$base/runc.sha256sum" "runc.$arch")
	install_verified "$base/runc.$arch" "$digest" /usr/local/bin/runc 0755
	log "installed runc $1"
}

install_cni_plugins() {
	marker=/opt/cni/kubelab-version
	if [ "$(cat "$marker" 2>/dev/null)" = "$1" ]; then
		already "CNI plugins $1"
		return 0
	fi
	url=$releases/containernetworking/plugins/releases/download/v$1/cni-plugins-linux-$arch-v$1.tgz
	work=$(mktemp -d)
	unpack_verified "$url" "$url.sha256" "$work"
	for plugin in "$work"/*; do
		# The archive also has texts.
		if [ -x "$plugin" ]; then install -D -m 0755 "$plugin" "/opt/cni/bin/${plugin##*/}"; fi
	done
	rm -rf "$work"
	echo "$1" >"$marker"
	log "installed the CNI plugins $1"
}
