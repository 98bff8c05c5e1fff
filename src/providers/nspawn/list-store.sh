#!/bin/sh
# Lists the subvolumes of the store: base boxes, node images and machines. Run as root by kubelab; by hand:
#   list-store.sh FOLDER FILE names|sizes
# FOLDER is where the store is mounted, FILE holds it where the cache is on another file system than btrfs. Not mounted,
# it is mounted for this script alone and for no one else to see.
# Prints a line per subvolume, its fields apart by tabs:
#   KIND LAST_USE UUID PARENT_UUID TOTAL_BYTES OWN_BYTES NAME
set -eu
folder=$1 file=$2 what=$3

[ -d "$folder" ] || exit 0
if [ "$(stat --file-system --format=%T "$folder")" != btrfs ]; then
	[ -f "$file" ] || exit 0
	if [ "${KUBELAB_INSIDE:-}" != yes ]; then
		KUBELAB_INSIDE=yes exec unshare --mount --propagation private sh "$0" "$@"
	fi
	mount -o loop,noatime "$file" "$folder"
fi

# field NAME: of what btrfs says about the subvolume at hand.
field() {
	printf '%s\n' "$shown" | sed -n "s/^[[:space:]]*$1:[[:space:]]*//p"
}

# list KIND FOLDER: the subvolumes right in it.
list() {
	for place in "$2"/*; do
		# A machine can go while the others are looked at.
		shown=$(btrfs subvolume show "$place" 2>/dev/null) || continue
		used='0 0'
		if [ "$what" = sizes ]; then used=$(btrfs filesystem du --summarize --raw "$place" | tail -n 1); fi
		total=$(printf '%s\n' "$used" | awk '{ print $1 }')
		own=$(printf '%s\n' "$used" | awk '{ print $2 }')
		printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' \
			"$1" "$(stat --format=%Y "$place")" "$(field UUID)" "$(field 'Parent UUID')" "$total" "$own" "${place#"$3"/}"
	done
}

list base "$folder/bases" "$folder/bases"
list image "$folder/images" "$folder/images"
for cluster in "$folder"/machines/*; do
	list machine "$cluster" "$folder/machines"
done
