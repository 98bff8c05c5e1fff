# shellcheck shell=sh
# What every fake shares: each call is a line in /box/calls.

name=${0##*/}
printf '%s\n' "$name $*" >>/box/calls

# A call that the fake has no answer to; it fails the test, too.
unknown() {
	printf '%s\n' "$name $*" >>/box/unknown
	printf 'fake %s: unknown call: %s\n' "$name" "$*" >&2
	exit 97
}

# may_fail KEY: fails as often as the test asked for.
may_fail() {
	if failing "$1"; then
		echo "fake $name: failing at $1" >&2
		exit 1
	fi
}

failing() {
	[ -f "/box/fail/$1" ] || return 1
	left=$(cat "/box/fail/$1")
	[ "$left" -gt 0 ] || return 1
	echo $((left - 1)) >"/box/fail/$1"
}
