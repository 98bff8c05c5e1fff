#!/bin/sh
# Stands in for crictl where nothing brings the real one: kubeadm before 1.31 can't do without it. Answers what kubeadm
# 1.24 to 1.30 asks, by asking containerd through ctr, and refuses the rest. All of kubeadm's calls are in
# https://github.com/kubernetes/kubernetes/blob/v1.30.14/cmd/kubeadm/app/util/runtime/runtime.go
set -eu

refuse() {
	printf "crictl (kubelab's stand-in): %s\n" "$*" >&2
	exit 1
}

socket=/run/containerd/containerd.sock
# kubeadm reads standard output and standard error as one, and ctr warns of many a thing.
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
k8s() {
	ctr --address "$socket" --namespace k8s.io "$@" 2>"$errors" || {
		k8s_status=$?
		cat "$errors" >&2
		return "$k8s_status"
	}
}

# only COUNT ARGUMENT...: refuses a call with another number of arguments.
only() {
	only_count=$1
	shift
	[ $# -eq "$only_count" ] || refuse "can't do that: $command $*"
}

# containers_of_kind sandbox|container: the ids of all that the CRI plugin made of that kind, one per line.
containers_of_kind() { k8s containers ls -q "labels.\"io.cri-containerd.kind\"==$1"; }

# containers_of SANDBOX: the ids of the containers that run in it.
containers_of() {
	all=$(containers_of_kind container)
	for container in $all; do
		if k8s containers info "$container" | grep -qF "\"io.kubernetes.cri.sandbox-id\": \"$1\""; then echo "$container"; fi
	done
}

known_sandbox() {
	sandboxes=$(containers_of_kind sandbox) || refuse "containerd at $socket does not list its sandboxes"
	printf '%s\n' "$sandboxes" | grep -qxF -e "$1" || refuse "no sandbox $1"
}

has_task() {
	tasks=$(k8s tasks ls -q) || refuse "containerd at $socket does not list its tasks"
	printf '%s\n' "$tasks" | grep -qxF -e "$1"
}

# end_task ID: kills what runs in a container. The CRI plugin, too, deletes the tasks that it sees end, so that only what
# is left counts and not who did it.
end_task() {
	tries=0
	while has_task "$1"; do
		[ "$tries" -lt 20 ] || refuse "can't kill what runs in $1"
		tries=$((tries + 1))
		k8s tasks delete --force "$1" >/dev/null 2>&1 || sleep 0.3
	done
}

info() {
	if [ $# -eq 0 ]; then
		plugins=$(k8s plugins ls) || refuse "containerd at $socket does not answer"
		printf '%s\n' "$plugins" | grep -E '^io\.containerd\.grpc\.v1[[:space:]]+cri[[:space:]].*[[:space:]]ok[[:space:]]*$' ||
			refuse "containerd's CRI plugin is not ready"
	elif [ "$*" = '-o go-template --template {{.config.sandboxImage}}' ]; then
		containerd config dump 2>/dev/null | sed -n "s/^[[:space:]]*sandbox\(_image\)\{0,1\} = ['\"]\(.*\)['\"]\$/\2/p"
	else
		refuse "can't do that: info $*"
	fi
}

image_exists() {
	images=$(k8s images ls -q) || refuse "containerd at $socket does not list its images"
	printf '%s\n' "$images" | grep -qxF -e "$1" || refuse "no image $1"
	echo "$1"
}

pull() {
	image=$1
	set --
	if [ -d /etc/containerd/certs.d ]; then set -- --hosts-dir /etc/containerd/certs.d; fi
	k8s images pull "$@" "$image"
}

# The pod's network stays: the CRI plugin still knows the pod, and takes it down when kubelet cleans up next.
stop_sandbox() {
	known_sandbox "$1"
	inside=$(containers_of "$1")
	for one in $inside "$1"; do end_task "$one"; done
	echo "Stopped sandbox $1"
}

remove_sandbox() {
	known_sandbox "$1"
	if has_task "$1"; then refuse "sandbox $1 still runs: stop it first"; fi
	inside=$(containers_of "$1")
	for one in $inside; do
		end_task "$one"
		k8s containers delete "$one"
	done
	k8s containers delete "$1"
	echo "Removed sandbox $1"
}

while [ $# -gt 0 ]; do
	case $1 in
	-r | -i)
		[ $# -gt 1 ] || refuse "$1 needs a socket"
		socket=${2#unix://}
		shift 2
		;;
	-D=false) shift ;;
	*) break ;;
	esac
done

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
--version) echo "kubelab's stand-in for crictl: answers kubeadm, and only kubeadm, by asking containerd through ctr" ;;
info) info "$@" ;;
pull)
	only 1 "$@"
	pull "$1"
	;;
inspecti)
	only 1 "$@"
	image_exists "$1"
	;;
pods)
	[ "$*" = -q ] || refuse "can't do that: pods $*"
	containers_of_kind sandbox
	;;
stopp)
	only 1 "$@"
	stop_sandbox "$1"
	;;
rmp)
	only 1 "$@"
	remove_sandbox "$1"
	;;
*) refuse "can't do that: $command $*" ;;
esac
