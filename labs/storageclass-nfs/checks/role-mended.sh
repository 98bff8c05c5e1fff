#!/bin/sh
# Whether the role allows what it did and the verb that was missing, and nothing else, however many rules it takes. What
# it allows beyond that is said; what is missing is the question of the step.
role=$(kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 8s get clusterrole lab-nfs-provisioner -o json 2>/dev/null) || exit 1
verdict=$(printf '%s' "$role" | jq -r '
	def each($list): $list // [] | .[];
	[.rules[]? | ((.resourceNames // []) | map(" " + .) | add // "") as $only
		| each(.nonResourceURLs), (each(.apiGroups) as $group | each(.resources) as $resource
			| "\(each(.verbs)) on \($resource)\($only)" + if $group == "" then "" else " in \($group)" end)] as $found
	| [["persistentvolumes", "", "get list watch create delete"],
	   ["persistentvolumeclaims", "", "get list watch update"],
	   ["storageclasses", " in storage.k8s.io", "get list watch"],
	   ["events", "", "create update patch"]]
	| [.[] | . as [$resource, $group, $verbs] | "\($verbs / " " | .[]) on \($resource)\($group)"] as $needed
	| ($found - $needed - ["patch on persistentvolumes"] | unique) as $more
	| if $more != [] then "also " + ($more | join(", ")) elif $needed - $found == [] then "right" else "" end')
if [ "$verdict" != right ]; then
	echo "$verdict"
	exit 1
fi
