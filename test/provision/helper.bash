# shellcheck shell=bash
# shellcheck disable=SC2154 # $status and $output are bats'
# What the tests of the provision scripts share: a box to run them in, the fakes in it, and how to look at both.

PROVISION=$(cd "$BATS_TEST_DIRNAME/../../provision" && pwd)
export PROVISION
ENTER=(unshare --mount --uts)
if [ "$(id -u)" != 0 ]; then ENTER=(unshare --user --map-root-user --mount --uts); fi

# Tools that are what they are everywhere. The rest has a fake or is not there.
real_tools='basename cat chmod cmp cp cut dirname env find grep gzip head id install ln ls mkdir mktemp mv rm sed sh
	sha256sum sort tar touch tr uname'

# Makes the box of one test. What scripts write is below $ROOT, but for /usr/local, which is $USR_LOCAL.
setup_box() {
	"${ENTER[@]}" true || skip "this host allows no mount namespace (unshare --mount)"
	ROOT=$BATS_TEST_TMPDIR/root
	BOX=$ROOT/box
	USR_LOCAL=$BOX/usr-local
	mkdir -p "$BOX/bin" "$BOX/fail" "$BOX/dpkg" "$BOX/containers" "$BOX/tasks" "$USR_LOCAL/bin" "$ROOT/usr" "$ROOT/dev" \
		"$ROOT/opt/kubelab/provision" "$ROOT/opt/kubelab/node" "$ROOT/proc/sys/net/ipv4" "$ROOT/proc/self" "$ROOT/sys/fs/cgroup" \
		"$ROOT/etc" "$ROOT/root" "$ROOT/run" "$ROOT/tmp" "$ROOT/var/lib"
	touch "$ROOT/dev/null" "$BOX/calls" "$BOX/unknown" "$BOX/images" "$BOX/registry" "$BOX/enabled" "$BOX/masked"
	echo 1 >"$ROOT/proc/sys/net/ipv4/ip_forward"
	echo 1000000 >"$BOX/clock"
	echo box >"$BOX/hostname"
	cp "$BATS_TEST_DIRNAME"/fakes/* "$BOX/bin/"
	cp "$BATS_TEST_DIRNAME/fake.sh" "$BOX/"
	local tool paths=()
	for tool in $real_tools; do paths+=("$(type -P "$tool")"); done
	ln -s -t "$BOX/bin" "${paths[@]}"
	real awk
	# shellcheck disable=SC2119
	write_env
}

# real TOOL: puts the real one into the box.
real() { ln -sf "$(readlink -f "$(PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v "$1")")" "$BOX/bin/$1"; }

# write_env [LINE...]: the env file of a worker, and more lines that come last and so win.
# shellcheck disable=SC2120
write_env() {
	cat >"$ROOT/opt/kubelab/node/env" <<'END'
KUBELAB_CLUSTER='study'
KUBELAB_NAME='worker-1'
KUBELAB_ROLE='worker'
KUBELAB_FIRST='no'
KUBELAB_ADDRESS='10.1.0.11'
KUBELAB_ENDPOINT='10.1.0.10:6443'
KUBELAB_HOSTS='10.1.0.10 control-plane-1;10.1.0.11 worker-1'
KUBELAB_KUBERNETES='1.30.14'
KUBELAB_CONTAINERD='1.7.29'
KUBELAB_INSTALL='binaries'
KUBELAB_PAUSE_IMAGE='registry.k8s.io/pause:3.9'
END
	if [ $# -gt 0 ]; then printf '%s\n' "$@" >>"$ROOT/opt/kubelab/node/env"; fi
}

# in_box COMMAND...: what it says and how it ends are in $output and $status.
in_box() { run "${ENTER[@]}" sh "$BATS_TEST_DIRNAME/box.sh" "$ROOT" "$@"; }

# provision SCRIPT [ARGUMENT...]
provision() { in_box sh "/opt/kubelab/provision/$1" "${@:2}"; }

# lib CODE: with the functions of lib.sh and node.sh.
lib() { in_box sh -euc ". /opt/kubelab/provision/lib.sh; . /opt/kubelab/provision/node.sh; $1"; }

# fail COUNT KEY: the fakes fail that often at what they call KEY, such as `kubeadm join`.
fail() { echo "$1" >"$BOX/fail/$2"; }

# The checks print what they saw, as bats shows it for a test that failed.
show() {
	printf '%s\n' "$1" "--- status $status, output:" "$output" '--- calls:' "$(cat "$BOX/calls")"
	return 1
}
ends_with_status() { [ "$status" -eq "$1" ] || show "expected status $1"; }
succeeds() { ends_with_status 0; }
dies() { if [ "$status" -ne 1 ] || [[ $output != *"error: "*"$1"* ]]; then show "expected to die saying: $1"; fi; }
says() { [[ $output == *"$1"* ]] || show "expected to hear: $1"; }
says_not() { [[ $output != *"$1"* ]] || show "expected not to hear: $1"; }
called() { grep -qxF -e "$1" "$BOX/calls" || show "expected the call: $1"; }
called_times() { [ "$(grep -cF -e "$2" "$BOX/calls")" -eq "$1" ] || show "expected $1 calls of: $2"; }
not_called() { if grep -qF -e "$1" "$BOX/calls"; then show "expected no call of: $1"; fi; }
forget_calls() { : >"$BOX/calls"; }
mode_of() { stat -c %a "$1"; }

# A call that a fake doesn't know is a failure even where the script lives with it.
teardown() {
	if [ -s "${BOX:-/dev}/unknown" ]; then
		echo "calls that no fake knows:"
		cat "$BOX/unknown"
		return 1
	fi
}

# start_server FOLDER: serves it at $URL until stop_server.
start_server() {
	python3 -u -m http.server --bind 127.0.0.1 --directory "$1" 0 >"$BATS_FILE_TMPDIR/server" 2>&1 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/server.pid"
	until grep -q 'Serving HTTP' "$BATS_FILE_TMPDIR/server"; do
		kill -0 "$(cat "$BATS_FILE_TMPDIR/server.pid")"
		sleep 0.05
	done
	URL=http://127.0.0.1:$(sed -n 's/^Serving HTTP on 127.0.0.1 port \([0-9]*\) .*/\1/p' "$BATS_FILE_TMPDIR/server")
	export URL
}
stop_server() { kill "$(cat "$BATS_FILE_TMPDIR/server.pid")"; }
