# shellcheck shell=sh
# Kubernetes from where its project publishes it, for machines without an artifacts folder. Sourced by 30-kubernetes.sh.

install_kubernetes_from_network() {
	kubernetes_minor=$(printf '%s\n' "$KUBELAB_KUBERNETES" | cut -d. -f2)
	case $KUBELAB_INSTALL in
	packages) install_kubernetes_packages ;;
	binaries)
		install_kubernetes_binaries
		install_crictl
		;;
	*) die "KUBELAB_INSTALL is $KUBELAB_INSTALL, expected packages or binaries" ;;
	esac
}

install_kubernetes_packages() {
	pkgs_url=${KUBELAB_PKGS_URL:-https://pkgs.k8s.io}
	repository=$pkgs_url/core:/stable:/v1.$kubernetes_minor
	# Old minors still serve a key that has expired; the newest one's is good for all of them.
	key_minor=$(printf '%s\n' "${KUBELAB_KEY_MINOR:-1.36}" | cut -d. -f2)
	if [ "$kubernetes_minor" -gt "$key_minor" ]; then key_minor=$kubernetes_minor; fi
	key_repository=$pkgs_url/core:/stable:/v1.$key_minor

	if command -v apt-get >/dev/null 2>&1; then
		install_kubernetes_debs
	elif command -v dnf >/dev/null 2>&1; then
		install_kubernetes_rpms
	else
		die "neither apt-get nor dnf is here: set install: binaries"
	fi
}

# kubernetes_packages SUFFIX: kubelet, kubeadm and kubectl with the suffix, and crictl's package where kubeadm needs it.
kubernetes_packages() {
	for package in kubelet kubeadm kubectl; do printf '%s ' "$package$1"; done
	if [ "$kubernetes_minor" -lt 32 ]; then printf 'cri-tools'; fi
}

# all_installed COMMAND...: whether COMMAND, asked for each package, prints `installed` and our version.
all_installed() {
	for package in kubelet kubeadm kubectl; do
		[ "$("$@" "$package" 2>/dev/null | cut -d- -f1)" = "installed $KUBELAB_KUBERNETES" ] || return 1
	done
}

install_kubernetes_debs() {
	# shellcheck disable=SC2016
	if all_installed dpkg-query -W -f '${db:Status-Status} ${Version}'; then
		already "Kubernetes $KUBELAB_KUBERNETES packages"
	else
		key=/etc/apt/keyrings/kubernetes-apt-keyring.asc
		fetch "$key_repository/deb/Release.key"
		# shellcheck disable=SC2154
		write_file "$key" 0644 <"$fetched"
		rm -f "$fetched"
		write_file /etc/apt/sources.list.d/kubernetes.list 0644 <<-EOT
			deb [signed-by=$key] $repository/deb/ /
		EOT
		export DEBIAN_FRONTEND=noninteractive
		retry 3 5 apt-get update -qq || die "apt-get update failed"
		# shellcheck disable=SC2046
		retry 3 5 apt-get install -y -qq --no-install-recommends --allow-change-held-packages \
			$(kubernetes_packages "=$KUBELAB_KUBERNETES-*") >/dev/null ||
			die "apt-get could not install Kubernetes $KUBELAB_KUBERNETES"
		log "installed Kubernetes $KUBELAB_KUBERNETES packages"
	fi
	apt-mark hold kubelet kubeadm kubectl >/dev/null
}

install_kubernetes_rpms() {
	if all_installed rpm -q --queryformat 'installed %{VERSION}'; then
		already "Kubernetes $KUBELAB_KUBERNETES packages"
		return 0
	fi
	# What is excluded stays at its version until somebody names it.
	write_file /etc/yum.repos.d/kubernetes.repo 0644 <<-EOT
		[kubernetes]
		name=Kubernetes
		baseurl=$repository/rpm/
		enabled=1
		gpgcheck=1
		gpgkey=$key_repository/rpm/repodata/repomd.xml.key
		exclude=kubelet kubeadm kubectl cri-tools kubernetes-cni
	EOT
	# shellcheck disable=SC2046
	retry 3 5 dnf install -y -q --disableexcludes=kubernetes $(kubernetes_packages "-$KUBELAB_KUBERNETES") >/dev/null ||
		die "dnf could not install Kubernetes $KUBELAB_KUBERNETES"
	# The unit of these packages reads its flags there.
	if [ ! -f /etc/sysconfig/kubelet ]; then echo 'KUBELET_EXTRA_ARGS=' | write_file /etc/sysconfig/kubelet 0644; fi
	log "installed Kubernetes $KUBELAB_KUBERNETES packages"
}

install_kubernetes_binaries() {
	arch=$(architecture)
	base=${KUBELAB_DL_URL:-https://dl.k8s.io}/release/v$KUBELAB_KUBERNETES/bin/linux/$arch
	for program in kubelet kubeadm kubectl; do
		if [ "$(program_version "$program")" = "v$KUBELAB_KUBERNETES" ]; then
			already "$program"
			continue
		fi
		digest=$(published_digest "$base/$program.sha256" "$program")
		install_verified "$base/$program" "$digest" "/usr/local/bin/$program" 0755
		log "installed $program"
	done
}

# program_version NAME: what an installed program says its version is, or nothing.
program_version() {
	case $1 in
	kubelet) /usr/local/bin/kubelet --version ;;
	kubeadm) /usr/local/bin/kubeadm version -o short ;;
	kubectl) /usr/local/bin/kubectl version --client -o yaml ;;
	esac 2>/dev/null | grep -oE 'v1\.[0-9]+\.[0-9]+[-.a-z0-9]*' | head -n 1
}

# install_crictl: packages bring it, programs don't. Newer Kubernetes does well with the newest known.
install_crictl() {
	if command -v crictl >/dev/null 2>&1; then
		already "crictl"
		return 0
	fi
	crictl_minor=$kubernetes_minor
	if [ "$crictl_minor" -gt 35 ]; then crictl_minor=35; fi
	crictl_version=v1.$crictl_minor.0
	url=${KUBELAB_GITHUB_URL:-https://github.com}/kubernetes-sigs/cri-tools/releases/download/$crictl_version
	url=$url/crictl-$crictl_version-linux-$arch.tar.gz
	work=$(mktemp -d)
	unpack_verified "$url" "$url.sha256" "$work"
	install -m 0755 "$work/crictl" /usr/local/bin/crictl
	rm -rf "$work"
	log "installed crictl $crictl_version"
}
