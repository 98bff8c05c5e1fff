#!/bin/sh
# run.sh vm: what makes a plain system that of a virtual machine (05).
# run.sh image: what goes into the node image (10 to 40); nothing on a machine that was made from one.
# run.sh seal: what makes a machine in which the node image was made the image itself (47).
# run.sh node: what makes a machine a node of its cluster (50 and up), by its role.
set -eu
here=$(dirname "$0")
. "$here/lib.sh"
load_env
need KUBELAB_ROLE

step() {
	log "== $1"
	sh "$here/$1"
}

case ${1:-} in
vm) step 05-vm.sh ;;
image)
	need KUBELAB_KUBERNETES
	# On a machine these scripts would look in the network for what the tree was given from elsewhere.
	note=/var/lib/kubelab/image
	if [ "$(cat "$note" 2>/dev/null)" = "$KUBELAB_KUBERNETES" ]; then
		already "the node image of Kubernetes $KUBELAB_KUBERNETES"
		exit 0
	fi
	for script in 10-base.sh 20-runtime.sh 30-kubernetes.sh 40-images.sh; do step "$script"; done
	if ! booted; then echo "$KUBELAB_KUBERNETES" | write_file "$note" 0644; fi
	;;
seal) step 47-seal.sh ;;
node)
	step 50-node.sh
	case $KUBELAB_ROLE in
	control-plane)
		if [ "${KUBELAB_FIRST:-no}" = yes ]; then
			step 53-control-plane.sh
			step 70-addons.sh
		else
			step 60-join.sh
		fi
		;;
	worker) step 60-join.sh ;;
	etcd) step 52-etcd.sh ;;
	storage) log "nothing to do yet: the labs that need the NFS server set it up" ;;
	load-balancer) step 51-load-balancer.sh ;;
	*) die "no scripts for the role $KUBELAB_ROLE" ;;
	esac
	;;
*) die "usage: run.sh vm|image|seal|node" ;;
esac
