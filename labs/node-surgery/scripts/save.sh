#!/bin/sh
# Keeps what this healthy node has, so that a reset can bring it back. A second run leaves the first copy alone.
set -eu
keep=/var/lib/kubelab-lab

if [ -f /etc/kubernetes/admin.conf ]; then
	export KUBECONFIG=/etc/kubernetes/admin.conf
	planes=$(kubectl get nodes -l node-role.kubernetes.io/control-plane -o name | wc -l)
	if [ "$planes" -ne 1 ]; then
		echo "this lab is for clusters with one control plane; here are $planes" >&2
		exit 2
	fi
fi

mkdir -p "$keep"
chmod 0700 "$keep"

# Used by the lab's own solution and by its reset. The text of the lab does the same by hand.
cat >"$keep/restore-etcd" <<'EOF'
#!/bin/sh
# restore-etcd FILE: has etcd start from this snapshot.
set -eu
keep=/var/lib/kubelab-lab
manifests=/etc/kubernetes/manifests
mkdir -p "$keep/stopped"
for name in kube-apiserver kube-controller-manager kube-scheduler etcd; do
	[ ! -f "$manifests/$name.yaml" ] || mv "$manifests/$name.yaml" "$keep/stopped/"
done
seconds=0
while pgrep -x etcd >/dev/null || pgrep -x kube-apiserver >/dev/null; do
	seconds=$((seconds + 1))
	if [ "$seconds" -gt 90 ]; then
		echo "etcd or kube-apiserver does not end" >&2
		exit 2
	fi
	sleep 1
done
rm -rf "$keep/etcd-before"
[ ! -d /var/lib/etcd ] || mv /var/lib/etcd "$keep/etcd-before"
field() { sed -n "s/^ *- --$1=//p" "$keep/stopped/etcd.yaml"; }
image=$(sed -n 's/^ *image: //p' "$keep/stopped/etcd.yaml")
restore() {
	ctr -n k8s.io run --rm --mount type=bind,src=/var/lib,dst=/var/lib,options=rbind:rw "$image" "restore-$$-$1" \
		"$1" snapshot restore "$file" --data-dir /var/lib/etcd --name "$(field name)" \
		--initial-cluster "$(field initial-cluster)" --initial-advertise-peer-urls "$(field initial-advertise-peer-urls)" $2
}
file=$1
# Old images have only etcdctl for it, and neither knows of revisions.
restore etcdutl '--bump-revision 1000000 --mark-compacted' || { rm -rf /var/lib/etcd; restore etcdutl ''; } ||
	{ rm -rf /var/lib/etcd; restore etcdctl ''; }
mv "$keep"/stopped/*.yaml "$manifests/"
seconds=0
until [ "$(curl -sk --max-time 3 https://127.0.0.1:6443/readyz)" = ok ]; do
	seconds=$((seconds + 1))
	if [ "$seconds" -gt 180 ]; then
		echo "kube-apiserver does not come back" >&2
		exit 2
	fi
	sleep 1
done
EOF
chmod 0755 "$keep/restore-etcd"

[ ! -f "$keep/saved.tar" ] || exit 0
if [ -f /etc/kubernetes/manifests/etcd.yaml ]; then
	kubectl -n kube-system exec "etcd-$(hostname)" -- etcdctl --endpoints https://127.0.0.1:2379 \
		--cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key \
		snapshot save /var/lib/etcd/kubelab-lab.db >/dev/null 2>&1
	mv /var/lib/etcd/kubelab-lab.db "$keep/safety.db"
fi
cd /
set --
for path in etc/containerd/config.toml etc/kubernetes var/lib/kubelet/config.yaml var/lib/kubelet/kubeadm-flags.env \
	var/lib/kubelet/instance-config.yaml var/lib/kubelet/pki; do
	[ ! -e "$path" ] || set -- "$@" "$path"
done
tar -cf "$keep/saved.part" "$@"
mv "$keep/saved.part" "$keep/saved.tar"
