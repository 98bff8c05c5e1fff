#!/bin/sh
# Whether the role allows what a provisioner does, however many rules it takes to say so.
role=$(kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 8s get clusterrole lab-nfs-provisioner -o json 2>/dev/null) || exit 1
missing=$(printf '%s' "$role" | jq -r '
	def names($word): . != null and (index($word) != null or index("*") != null);
	[.rules[]? | select((.resourceNames // []) == [])] as $rules
	| [["", "persistentvolumes", "get list watch create delete"],
	   ["", "persistentvolumeclaims", "get list watch update"],
	   ["storage.k8s.io", "storageclasses", "get list watch"],
	   ["", "events", "create update patch"]]
	| [.[] | . as [$group, $resource, $verbs] | $verbs / " " | .[] | . as $verb
		| select(any($rules[]; (.apiGroups | names($group)) and (.resources | names($resource)) and (.verbs | names($verb))) | not)
		| "no \($verb) on \($resource)" + if $group == "" then "" else ".\($group)" end]
	| join(", ")')
if [ -n "$missing" ]; then
	echo "$missing"
	exit 1
fi
