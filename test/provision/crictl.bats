#!/usr/bin/env bats
# The stand-in for crictl: every call of kubeadm 1.24 and 1.30, and nothing else.

load helper

socket=unix:///run/containerd/containerd.sock

setup() {
	setup_box
	mkdir -p "$ROOT/run/containerd"
	echo /run/containerd/containerd.sock >"$BOX/socket"
}

crictl() { in_box sh /opt/kubelab/provision/crictl.sh "$@"; }
refuses() { if [ "$status" -ne 1 ] || [[ $output != *"crictl (kubelab's stand-in): "*"$1"* ]]; then show "expected to be refused: $1"; fi; }

# pod ID CONTAINER...: a sandbox and containers in it, all of which run.
pod() {
	printf '{"Labels": {\n    "io.cri-containerd.kind": "sandbox"\n}}\n' >"$BOX/containers/$1"
	touch "$BOX/tasks/$1"
	for one in "${@:2}"; do
		printf '{"Labels": {\n    "io.cri-containerd.kind": "container"\n},\n"Spec": {"annotations": {\n    "io.kubernetes.cri.sandbox-id": "%s"\n}}}\n' "$1" >"$BOX/containers/$one"
		touch "$BOX/tasks/$one"
	done
}

@test "--version says what it is" {
	crictl --version
	succeeds
	says "kubelab's stand-in for crictl"
}

@test "info asks for the CRI plugin" {
	crictl -r $socket info
	succeeds
	says 'io.containerd.grpc.v1'
	called 'ctr --address /run/containerd/containerd.sock --namespace k8s.io plugins ls'
	echo 'io.containerd.grpc.v1    cri    linux/amd64    error     ' >"$BOX/plugins"
	crictl -r $socket info
	refuses "containerd's CRI plugin is not ready"
	fail 1 'ctr plugins ls'
	crictl -r $socket info
	refuses 'containerd at /run/containerd/containerd.sock does not answer'
}

@test "info knows the sandbox image of both kinds of configuration" {
	printf '  [plugins.x]\n    sandbox_image = "registry.k8s.io/pause:3.9"\n    sandboxer = "podsandbox"\n' >"$BOX/config-dump"
	crictl -r $socket -i $socket -D=false info -o go-template --template '{{.config.sandboxImage}}'
	succeeds
	[ "$output" = registry.k8s.io/pause:3.9 ]
	printf "      sandbox = 'registry.k8s.io/pause:3.10'\n          sandboxer = 'podsandbox'\n" >"$BOX/config-dump"
	crictl -r $socket -i $socket -D=false info -o go-template --template '{{.config.sandboxImage}}'
	succeeds
	[ "$output" = registry.k8s.io/pause:3.10 ]
}

@test "pull really pulls, and inspecti really looks" {
	echo registry.k8s.io/pause:3.9 >"$BOX/registry"
	crictl -r $socket -i $socket inspecti registry.k8s.io/pause:3.9
	refuses 'no image registry.k8s.io/pause:3.9'
	crictl -r $socket -i $socket pull registry.k8s.io/pause:3.9
	succeeds
	called 'ctr --address /run/containerd/containerd.sock --namespace k8s.io images pull registry.k8s.io/pause:3.9'
	crictl -r $socket -i $socket inspecti registry.k8s.io/pause:3.9
	succeeds
	# Not even a part of the name will do.
	crictl -r $socket -i $socket inspecti pause:3.9
	refuses 'no image pause:3.9'
}

@test "pull heeds the mirrors that containerd is told of" {
	mkdir -p "$ROOT/etc/containerd/certs.d"
	echo registry.k8s.io/pause:3.9 >"$BOX/registry"
	crictl -r $socket pull registry.k8s.io/pause:3.9
	succeeds
	called 'ctr --address /run/containerd/containerd.sock --namespace k8s.io images pull --hosts-dir /etc/containerd/certs.d registry.k8s.io/pause:3.9'
}

@test "pull fails with the registry" {
	crictl -r $socket pull registry.k8s.io/gone:1
	ends_with_status 1
	says 'not found: registry.k8s.io/gone:1'
}

@test "pods -q lists the sandboxes only" {
	pod aa11 c1
	pod bb22
	crictl -r $socket -i $socket -D=false pods -q
	succeeds
	[ "$output" = 'aa11
bb22' ]
}

@test "pods -q says nothing where there are none, and fails with ctr" {
	crictl -r $socket pods -q
	succeeds
	[ "$output" = '' ]
	fail 1 'ctr containers ls'
	crictl -r $socket pods -q
	ends_with_status 1
}

@test "stopp ends what runs in that pod and in no other" {
	pod aa11 c1 c2
	pod bb22 d1
	crictl -r $socket stopp aa11
	succeeds
	[ "$(ls "$BOX/tasks")" = 'bb22
d1' ]
	[ "$(find "$BOX/containers" -type f | wc -l)" -eq 5 ]
	# Once more is no failure.
	crictl -r $socket stopp aa11
	succeeds
}

@test "stopp tries again, and fails when it can't end a task" {
	pod aa11
	fail 2 'ctr tasks delete'
	crictl -r $socket stopp aa11
	succeeds
	pod aa11
	fail 99 'ctr tasks delete'
	crictl -r $socket stopp aa11
	refuses "can't kill what runs in aa11"
}

@test "rmp removes a stopped pod with its containers" {
	pod aa11 c1
	pod bb22 d1
	crictl -r $socket rmp aa11
	refuses 'sandbox aa11 still runs'
	crictl -r $socket stopp aa11
	crictl -r $socket rmp aa11
	succeeds
	[ "$(ls "$BOX/containers")" = 'bb22
d1' ]
}

@test "rmp fails when a container can't be removed" {
	pod aa11 c1
	crictl -r $socket stopp aa11
	fail 1 'ctr containers delete'
	crictl -r $socket rmp aa11
	ends_with_status 1
	[ -e "$BOX/containers/aa11" ]
}

@test "stopp and rmp refuse what is no sandbox" {
	pod aa11 c1
	for id in c1 aa 'a.*' ''; do
		crictl -r $socket stopp "$id"
		refuses "no sandbox $id"
		crictl -r $socket rmp "$id"
		refuses "no sandbox $id"
	done
	[ -e "$BOX/tasks/c1" ]
}

@test "it asks at the socket that it is given" {
	echo /elsewhere.sock >"$BOX/socket"
	crictl -r unix:///elsewhere.sock pods -q
	succeeds
	crictl -r /elsewhere.sock pods -q
	succeeds
}

@test "it refuses everything else" {
	for call in 'ps -a' 'logs 1' 'pods' 'pods -a' 'info -o json' 'images' 'stopp' 'stopp a b' 'pull' 'config --list' '--help' ''; do
		# shellcheck disable=SC2086
		crictl -r $socket $call
		refuses "can't do that: $call"
	done
	crictl -r
	refuses '-r needs a socket'
	not_called ctr
}
