#!/bin/sh
# Makes this node as healthy as it was when the lab began. Does nothing where nothing is broken.
set -eu
keep=/var/lib/kubelab-lab
[ -f "$keep/saved.tar" ] || exit 0
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
tar -xf "$keep/saved.tar" -C "$tree"
restart=''

systemctl stop kubelab-lab-cache.service 2>/dev/null || true

# What is masked can not be started.
systemctl unmask --quiet containerd.service kubelet.service
config=/etc/containerd/config.toml
cmp -s "$tree$config" "$config" || cp "$tree$config" "$config"
# The socket is as old as the process, which may have read another file. kubelet may wait long before it tries one again
# that was away.
if ! systemctl is-active --quiet containerd.service || [ -n "$(find "$config" -newer /run/containerd/containerd.sock)" ]; then
	systemctl restart containerd.service
	restart=yes
fi
systemctl enable --quiet containerd.service

# A node that left, or is half-way back, gets its old identity.
if [ ! -f /etc/kubernetes/kubelet.conf ] || [ ! -d /var/lib/kubelet/pki ]; then
	systemctl stop kubelet.service
	rm -rf /etc/kubernetes/bootstrap-kubelet.conf /var/lib/kubelet/pki
	mkdir -p /var/lib/kubelet
	cp -a "$tree/etc/kubernetes/." /etc/kubernetes/
	cp -a "$tree/var/lib/kubelet/." /var/lib/kubelet/
	# Its pods get other addresses than before, and the old bridge would be in their way. A pod that starts before flannel
	# does would make it again from the old range.
	ip link delete cni0 2>/dev/null || true
	ip link delete flannel.1 2>/dev/null || true
	rm -f /run/flannel/subnet.env
	restart=yes
fi
# Nor can pods get an address where somebody has left the old bridge in place.
subnet=$(sed -n 's/^FLANNEL_SUBNET=//p' /run/flannel/subnet.env 2>/dev/null || true)
if [ -n "$subnet" ] && [ -e /sys/class/net/cni0 ] && ! ip -o -4 address show dev cni0 | grep -qF " $subnet "; then
	ip link delete cni0
fi
for name in config.yaml kubeadm-flags.env instance-config.yaml; do
	[ -f "$tree/var/lib/kubelet/$name" ] || continue
	cmp -s "$tree/var/lib/kubelet/$name" "/var/lib/kubelet/$name" && continue
	cp -a "$tree/var/lib/kubelet/$name" "/var/lib/kubelet/$name"
	restart=yes
done

# Static pods: those that were there, as they were, and no others.
manifests=/etc/kubernetes/manifests
mkdir -p "$manifests"
for file in "$manifests"/* "$manifests"/.[!.]*; do
	[ ! -e "$file" ] || [ -e "$tree$file" ] || rm -rf "$file"
done

if [ -f "$tree$manifests/etcd.yaml" ] && [ ! -d /var/lib/etcd/member ]; then
	rm -f "$manifests"/*.yaml
	if [ -d "$keep/etcd-before/member" ]; then
		rm -rf /var/lib/etcd
		mv "$keep/etcd-before" /var/lib/etcd
	else
		cp "$tree$manifests"/*.yaml "$manifests/"
		systemctl enable --now --quiet kubelet.service
		"$keep/restore-etcd" "$keep/safety.db"
	fi
fi
for file in "$tree$manifests"/*; do
	[ -f "$file" ] || continue
	cmp -s "$file" "$manifests/${file##*/}" || cp "$file" "$manifests/"
done

[ -z "$restart" ] || systemctl restart kubelet.service
systemctl enable --now --quiet kubelet.service

if [ ! -f "$tree$manifests/kube-apiserver.yaml" ]; then
	seconds=0
	until kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout 5s get node "$(hostname)" >/dev/null 2>&1; do
		seconds=$((seconds + 1))
		if [ "$seconds" -gt 240 ]; then
			echo "this node does not come back" >&2
			exit 2
		fi
		sleep 1
	done
	exit 0
fi

seconds=0
until [ "$(curl -sk --max-time 3 https://127.0.0.1:6443/readyz)" = ok ]; do
	seconds=$((seconds + 1))
	# kubelet waits longer and longer before it tries a container again; its restart forgets that.
	[ "$seconds" -ne 20 ] || systemctl restart kubelet.service
	if [ "$seconds" -gt 240 ]; then
		echo "kube-apiserver does not come back" >&2
		exit 2
	fi
	sleep 1
done

# An etcd that was started empty knows nothing of the cluster.
export KUBECONFIG=/etc/kubernetes/admin.conf
found=$(kubectl --request-timeout 10s -n kube-system get configmap kubeadm-config --ignore-not-found -o name) || exit 2
[ -n "$found" ] || "$keep/restore-etcd" "$keep/safety.db"
