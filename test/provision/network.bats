#!/usr/bin/env bats
# What 20 and 30 install from the network where there is no artifacts folder: network-runtime.sh and network-kubernetes.sh.

load helper

# Lays out, for a server, what is published: the keys of the repositories, the programs, the archives.
setup_file() {
	www=$BATS_FILE_TMPDIR/www
	export www
	mkdir -p "$www"
	for minor in 1.36 1.37; do
		mkdir -p "$www/core:/stable:/v$minor/deb"
		printf '%s\n' '-----BEGIN PGP PUBLIC KEY BLOCK-----' "$minor" >"$www/core:/stable:/v$minor/deb/Release.key"
	done

	folder=$www/release/v1.30.14/bin/linux/amd64
	publish "$folder/kubelet" "echo 'Kubernetes v1.30.14'"
	publish "$folder/kubeadm" '[ "$*" != "version -o short" ] || echo v1.30.14'
	publish "$folder/kubectl" 'printf "clientVersion:\n  buildDate: \"2025\"\n  gitVersion: v1.30.14\n  goVersion: go1.22\nkustomizeVersion: v5.0.4\n"'
	for program in kubelet kubeadm kubectl; do sha256sum <"$folder/$program" | cut -d' ' -f1 >"$folder/$program.sha256"; done

	releases=$www/kubernetes-sigs/cri-tools/releases/download/v1.30.0
	publish "$BATS_FILE_TMPDIR/crictl/crictl" 'echo the real crictl'
	pack "$releases/crictl-v1.30.0-linux-amd64.tar.gz" sha256 "$BATS_FILE_TMPDIR/crictl"

	releases=$www/containerd/containerd/releases/download/v1.7.29
	publish "$BATS_FILE_TMPDIR/containerd/bin/containerd" 'echo "containerd github.com/containerd/containerd v1.7.29 442cb34"'
	for program in ctr containerd-shim-runc-v2 containerd-stress; do publish "$BATS_FILE_TMPDIR/containerd/bin/$program" "echo $program"; done
	pack "$releases/containerd-1.7.29-linux-amd64.tar.gz" sha256sum "$BATS_FILE_TMPDIR/containerd"

	releases=$www/opencontainers/runc/releases/download/v1.3.4
	publish "$releases/runc.amd64" 'printf "runc version 1.3.4\ncommit: 1\n"'
	publish "$releases/runc.arm64" 'echo arm64'
	(cd "$releases" && sha256sum runc.arm64 runc.amd64 >runc.sha256sum)

	releases=$www/containernetworking/plugins/releases/download/v1.9.1
	for plugin in bridge loopback; do publish "$BATS_FILE_TMPDIR/cni/$plugin" "echo $plugin"; done
	echo text >"$BATS_FILE_TMPDIR/cni/README.md"
	pack "$releases/cni-plugins-linux-amd64-v1.9.1.tgz" sha256 "$BATS_FILE_TMPDIR/cni"

	start_server "$www"
}
teardown_file() { stop_server; }

# publish FILE CODE
publish() {
	mkdir -p "${1%/*}"
	printf '#!/bin/sh\n%s\n' "$2" >"$1"
	chmod +x "$1"
}

# pack ARCHIVE SUFFIX FOLDER: an archive with its checksum in a file beside it.
pack() {
	mkdir -p "${1%/*}"
	tar -czf "$1" -C "$3" .
	(cd "${1%/*}" && sha256sum "${1##*/}" >"${1##*/}.$2")
}

setup() {
	setup_box
	real curl
	servers=("KUBELAB_PKGS_URL='$URL'" "KUBELAB_DL_URL='$URL'" "KUBELAB_GITHUB_URL='$URL'")
	write_env "${servers[@]}"
}

packages() { write_env "${servers[@]}" "KUBELAB_INSTALL='packages'" "$@"; }
nothing_left_in_tmp() { [ -z "$(ls -A "$ROOT/tmp")" ] || show "left in /tmp: $(ls -A "$ROOT/tmp")"; }
no_apt() { rm "$BOX/bin/apt-get" "$BOX/bin/apt-mark" "$BOX/bin/dpkg" "$BOX/bin/dpkg-query"; }

@test "packages come from the repository of their minor, are held, and then there is nothing to do" {
	packages
	provision 30-kubernetes.sh
	succeeds
	[ "$(cat "$ROOT/etc/apt/sources.list.d/kubernetes.list")" = \
		"deb [signed-by=/etc/apt/keyrings/kubernetes-apt-keyring.asc] $URL/core:/stable:/v1.30/deb/ /" ]
	called 'apt-get install -y -qq --no-install-recommends --allow-change-held-packages kubelet=1.30.14-* kubeadm=1.30.14-* kubectl=1.30.14-* cri-tools'
	called 'apt-mark hold kubelet kubeadm kubectl'
	[ "$(cat "$BOX/dpkg/kubeadm")" = 1.30.14-1.1 ]
	nothing_left_in_tmp

	forget_calls
	provision 30-kubernetes.sh
	succeeds
	says 'already: Kubernetes 1.30.14 packages'
	not_called 'apt-get'
}

@test "the key is the newest minor's, and is never a cached one" {
	packages
	mkdir -p "$ROOT/etc/apt/keyrings"
	echo 'an old one' >"$ROOT/etc/apt/keyrings/kubernetes-apt-keyring.asc"
	provision 30-kubernetes.sh
	succeeds
	[ "$(tail -n 1 "$ROOT/etc/apt/keyrings/kubernetes-apt-keyring.asc")" = 1.36 ]
}

@test "a newer minor than the newest known brings its own key" {
	packages "KUBELAB_KUBERNETES='1.37.2'"
	provision 30-kubernetes.sh
	succeeds
	[ "$(tail -n 1 "$ROOT/etc/apt/keyrings/kubernetes-apt-keyring.asc")" = 1.37 ]
	called 'apt-get install -y -qq --no-install-recommends --allow-change-held-packages kubelet=1.37.2-* kubeadm=1.37.2-* kubectl=1.37.2-*'
}

@test "KUBELAB_KEY_MINOR says which minor is the newest" {
	packages "KUBELAB_KEY_MINOR='1.37'"
	provision 30-kubernetes.sh
	succeeds
	[ "$(tail -n 1 "$ROOT/etc/apt/keyrings/kubernetes-apt-keyring.asc")" = 1.37 ]
}

@test "another version of the same packages is no reason to do nothing" {
	packages
	for package in kubelet kubeadm kubectl; do echo 1.30.13-1.1 >"$BOX/dpkg/$package"; done
	provision 30-kubernetes.sh
	succeeds
	[ "$(cat "$BOX/dpkg/kubectl")" = 1.30.14-1.1 ]
}

@test "no packages without the key" {
	packages "KUBELAB_KEY_MINOR='1.99'"
	provision 30-kubernetes.sh
	dies "could not fetch $URL/core:/stable:/v1.99/deb/Release.key"
	not_called apt-get
}

@test "packages that do not come are a failure" {
	packages
	fail 3 'apt-get install'
	provision 30-kubernetes.sh
	dies 'apt-get could not install Kubernetes 1.30.14'
	not_called 'apt-mark hold'
}

@test "dnf takes packages from a repository that updates pass by, and then there is nothing to do" {
	packages
	no_apt
	provision 30-kubernetes.sh
	succeeds
	[ "$(cat "$ROOT/etc/yum.repos.d/kubernetes.repo")" = "[kubernetes]
name=Kubernetes
baseurl=$URL/core:/stable:/v1.30/rpm/
enabled=1
gpgcheck=1
gpgkey=$URL/core:/stable:/v1.36/rpm/repodata/repomd.xml.key
exclude=kubelet kubeadm kubectl cri-tools kubernetes-cni" ]
	called 'dnf install -y -q --disableexcludes=kubernetes kubelet-1.30.14 kubeadm-1.30.14 kubectl-1.30.14 cri-tools'
	[ "$(cat "$ROOT/etc/sysconfig/kubelet")" = 'KUBELET_EXTRA_ARGS=' ]

	forget_calls
	echo 'KUBELET_EXTRA_ARGS=--v=4' >"$ROOT/etc/sysconfig/kubelet"
	provision 30-kubernetes.sh
	succeeds
	says 'already: Kubernetes 1.30.14 packages'
	not_called dnf
	[ "$(cat "$ROOT/etc/sysconfig/kubelet")" = 'KUBELET_EXTRA_ARGS=--v=4' ]
}

@test "dnf that fails is a failure" {
	packages
	no_apt
	fail 3 'dnf install'
	provision 30-kubernetes.sh
	dies 'dnf could not install Kubernetes 1.30.14'
}

@test "no packages on a system that has neither" {
	packages
	no_apt
	rm "$BOX/bin/dnf"
	provision 30-kubernetes.sh
	dies 'neither apt-get nor dnf is here'
}

@test "programs come with their digests checked, and then there is nothing to do" {
	provision 30-kubernetes.sh
	succeeds
	for program in kubelet kubeadm kubectl; do cmp "$www/release/v1.30.14/bin/linux/amd64/$program" "$USR_LOCAL/bin/$program"; done
	[ "$("$USR_LOCAL/bin/crictl")" = 'the real crictl' ]
	says_not stand-in
	nothing_left_in_tmp

	provision 30-kubernetes.sh
	succeeds
	[ "$(grep -vc '^already: ' <<<"$output")" -eq 0 ] || show 'expected nothing to do'
}

@test "a program of another version is replaced" {
	provision 30-kubernetes.sh
	printf '#!/bin/sh\necho v1.30.13\n' >"$USR_LOCAL/bin/kubeadm"
	provision 30-kubernetes.sh
	succeeds
	says 'installed kubeadm'
	says 'already: kubelet'
	[ "$("$USR_LOCAL/bin/kubeadm" version -o short)" = v1.30.14 ]
}

@test "a program with a wrong digest is refused and not installed" {
	cp -R "$www/release" "$BATS_TEST_TMPDIR/kept"
	echo 'echo something else' >>"$www/release/v1.30.14/bin/linux/amd64/kubeadm"
	provision 30-kubernetes.sh
	cp "$BATS_TEST_TMPDIR/kept/v1.30.14/bin/linux/amd64/kubeadm" "$www/release/v1.30.14/bin/linux/amd64/kubeadm"
	dies 'kubeadm has digest'
	[ ! -e "$USR_LOCAL/bin/kubeadm" ]
	[ ! -e "$USR_LOCAL/bin/kubectl" ]
}

@test "a version that is not published is a failure" {
	write_env "${servers[@]}" "KUBELAB_KUBERNETES='1.30.99'"
	provision 30-kubernetes.sh
	dies "could not fetch $URL/release/v1.30.99/bin/linux/amd64/kubelet.sha256"
}

@test "an unknown kind of installation is a failure" {
	write_env "KUBELAB_INSTALL='snap'"
	provision 30-kubernetes.sh
	dies 'KUBELAB_INSTALL is snap'
}

@test "the runtime comes with its digests checked, and then there is nothing to do" {
	rm "$BOX/bin/containerd"
	provision 20-runtime.sh
	succeeds
	[ "$(find "$USR_LOCAL/bin" -type f -printf '%f\n' | sort | tr '\n' ' ')" = 'containerd containerd-shim-runc-v2 ctr runc ' ]
	[ "$("$USR_LOCAL/bin/runc" | head -n 1)" = 'runc version 1.3.4' ]
	[ "$(find "$ROOT/opt/cni/bin" -type f -printf '%f\n' | sort | tr '\n' ' ')" = 'bridge loopback ' ]
	grep -qx 'ExecStart=/usr/local/bin/containerd' "$ROOT/etc/systemd/system/containerd.service"
	nothing_left_in_tmp

	provision 20-runtime.sh
	succeeds
	[ "$(grep -vc '^already: ' <<<"$output")" -eq 0 ] || show 'expected nothing to do'
}

@test "packages bring the CNI plugins themselves" {
	packages
	provision 20-runtime.sh
	succeeds
	[ ! -e "$ROOT/opt/cni" ]
}

@test "a containerd with a wrong digest is refused and not installed" {
	sums=$www/containerd/containerd/releases/download/v1.7.29/containerd-1.7.29-linux-amd64.tar.gz.sha256sum
	cp "$sums" "$BATS_TEST_TMPDIR/kept"
	printf '%064d  containerd-1.7.29-linux-amd64.tar.gz\n' 7 >"$sums"
	provision 20-runtime.sh
	cp "$BATS_TEST_TMPDIR/kept" "$sums"
	dies 'containerd-1.7.29-linux-amd64.tar.gz has digest'
	[ -z "$(ls -A "$USR_LOCAL/bin")" ]
}

@test "a runtime without a version is a failure" {
	write_env "${servers[@]}" "KUBELAB_CONTAINERD=''"
	provision 20-runtime.sh
	dies 'KUBELAB_CONTAINERD is not set'
}
