# shellcheck shell=sh
# What every provision script shares. Sourced, never run.

# The folder that holds this node's files: env, kubeadm.yaml, pki/, addons/.
KUBELAB_NODE_DIR=${KUBELAB_NODE_DIR:-/opt/kubelab/node}
# The folder that holds the artifacts of the node image; absent where nodes install from the network.
KUBELAB_ARTIFACTS=${KUBELAB_ARTIFACTS:-/var/lib/kubelab/artifacts}
# The prefix of every path that is written; empty but in tests.
ROOT=${KUBELAB_ROOT:-}

# Who watches may go away: the work goes on all the same, and kubeadm's with it, which inherits this.
trap '' PIPE

log() { printf '%s\n' "$*" || true; }

# Says that there is nothing to do.
already() { log "already: $*"; }

die() {
	printf 'error: %s\n' "$*" >&2
	exit 1
}

# load_env: reads the one env file; the values in it are the only input of the scripts.
load_env() {
	[ -r "$KUBELAB_NODE_DIR/env" ] || die "no env file in $KUBELAB_NODE_DIR"
	set -a
	# shellcheck disable=SC1091
	. "$KUBELAB_NODE_DIR/env"
	set +a
}

# need NAME...: ends the script unless each variable has a value.
need() {
	for need_name in "$@"; do
		eval "need_value=\${$need_name:-}"
		[ -n "$need_value" ] || die "$need_name is not set in the env file"
	done
}

# retry TIMES SECONDS COMMAND...: tries until it succeeds.
retry() {
	retry_times=$1
	retry_pause=$2
	shift 2
	retry_count=1
	until "$@"; do
		[ "$retry_count" -lt "$retry_times" ] || return 1
		retry_count=$((retry_count + 1))
		sleep "$retry_pause"
	done
}

# wait_for SECONDS WHAT COMMAND...: looks until COMMAND succeeds; a wait that runs out is a failure.
wait_for() {
	wait_deadline=$(($(date +%s) + $1))
	wait_what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$wait_deadline" ] || die "waited too long for $wait_what"
		sleep 0.3
	done
}

# fetch URL: fetches a file and sets $fetched to where it is, for the caller to remove.
fetch() {
	fetched=$(mktemp)
	if ! retry 5 3 curl -fsSL --connect-timeout 15 -o "$fetched" "$1"; then
		rm -f "$fetched"
		die "could not fetch $1"
	fi
}

# published_digest URL NAME: the SHA-256 of NAME in the checksum file at URL, which is lines of `DIGEST  NAME` or the
# digest alone.
published_digest() {
	fetch "$1"
	digest_found=$(awk -v name="$2" 'NF == 1 || $2 == name || $2 == "*" name { print $1; exit }' "$fetched")
	rm -f "$fetched"
	printf '%s\n' "$digest_found" | grep -Eqx '[0-9a-f]{64}' || die "$1 has no SHA-256 of $2"
	printf '%s\n' "$digest_found"
}

# install_verified URL SHA256 DESTINATION MODE: fetches a file and installs it only if its digest is right.
install_verified() {
	fetch "$1"
	install_digest=$(sha256sum "$fetched" | cut -d' ' -f1)
	if [ "$install_digest" != "$2" ]; then
		rm -f "$fetched"
		die "$1 has digest $install_digest, expected $2"
	fi
	# By way of another name, so that what is cut off is never taken for the whole.
	install -D -m "$4" "$fetched" "$3.new"
	mv "$3.new" "$3"
	rm -f "$fetched"
}

# unpack_verified URL CHECKSUMS FOLDER: fetches a tarball and unpacks it only if its digest is the one in the checksum
# file at CHECKSUMS.
unpack_verified() {
	unpack_digest=$(published_digest "$2" "${1##*/}")
	install_verified "$1" "$unpack_digest" "$3/.archive" 0600
	tar -xzf "$3/.archive" -C "$3" --no-same-owner
	rm "$3/.archive"
}

# architecture: this machine's, as Go and Debian name it.
architecture() {
	case $(dpkg --print-architecture 2>/dev/null || uname -m) in
	amd64 | x86_64) echo amd64 ;;
	arm64 | aarch64) echo arm64 ;;
	*) die "nothing is published for this machine's architecture: $(uname -m)" ;;
	esac
}

# write_file PATH MODE: writes standard input there and says whether anything changed.
write_file() {
	write_path=$ROOT$1
	write_new=$(mktemp)
	cat >"$write_new"
	if [ -f "$write_path" ] && cmp -s "$write_new" "$write_path"; then
		rm -f "$write_new"
		already "$1"
		return 0
	fi
	install -D -m "$2" "$write_new" "$write_path"
	rm -f "$write_new"
	log "wrote $1"
}

# booted: whether systemd runs here; it does not while a node image is built in a folder.
booted() { [ -d /run/systemd/system ]; }

# contained: whether this is a system container, whose kernel is the host's.
contained() { [ -e /run/systemd/container ]; }

# enable_unit NAME: makes a unit start at boot, and now where there is a system to start it in.
enable_unit() {
	systemctl enable --quiet "$1"
	if booted; then systemctl start "$1"; fi
}

# install_programs FOLDER TARGET: installs every file of FOLDER that TARGET does not hold yet just so.
install_programs() {
	for program_file in "$1"/*; do
		[ -f "$program_file" ] || continue
		if cmp -s "$program_file" "$2/${program_file##*/}"; then already "${program_file##*/}"; else
			install -D -m 0755 "$program_file" "$2/${program_file##*/}"
			log "installed ${program_file##*/}"
		fi
	done
}

# by_rpm: whether this system's packages are RPMs that dnf installs.
by_rpm() { ! command -v apt-get >/dev/null 2>&1 && command -v dnf >/dev/null 2>&1; }

# has_package NAME
has_package() {
	if by_rpm; then rpm -q "$1" >/dev/null 2>&1; else
		dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
	fi
}

# install_packages FILE WHAT: installs those of the packages that FILE lists which are not there. RPMs have other names,
# which are in FILE with -rpm before its ending.
install_packages() {
	packages_file=$1
	if by_rpm; then packages_file=${1%.txt}-rpm.txt; fi
	packages_missing=''
	while read -r package; do
		has_package "$package" || packages_missing="$packages_missing $package"
	done <"$packages_file"
	if [ -z "$packages_missing" ]; then
		already "$2"
		return 0
	fi
	log "installing:$packages_missing"
	if by_rpm; then
		# shellcheck disable=SC2086
		retry 3 5 dnf install -y -q --setopt=install_weak_deps=False $packages_missing >/dev/null || die "dnf install failed"
		return 0
	fi
	export DEBIAN_FRONTEND=noninteractive
	retry 3 5 apt-get update -qq || die "apt-get update failed"
	# shellcheck disable=SC2086
	retry 3 5 apt-get install -y -qq --no-install-recommends $packages_missing >/dev/null || die "apt-get install failed"
}

# disable_units NAME...: for what is installed for the nodes that need it, so that no other node runs it.
disable_units() {
	for unit in "$@"; do
		if systemctl is-enabled --quiet "$unit" 2>/dev/null; then
			systemctl disable --quiet "$unit"
			if booted; then systemctl stop "$unit"; fi
		fi
	done
}

# wait_for_cloud_init: until it has set the machine up at its first boot, where it does that.
wait_for_cloud_init() {
	if booted && command -v cloud-init >/dev/null 2>&1; then cloud-init status --wait >/dev/null 2>&1 || true; fi
}

# make_ssh_keys_at_boot: every machine has keys of its own, made at its first boot. Two kinds: Vagrant's ssh does not know
# ed25519 everywhere. The one that is looked for is made last, so that a boot that was cut off makes both anew.
make_ssh_keys_at_boot() {
	write_file /etc/systemd/system/kubelab-ssh-keys.service 0644 <<'EOF'
[Unit]
Description=Make the ssh host keys of this machine
Before=ssh.service sshd.service
ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key.pub

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -euc 'rm -f /etc/ssh/ssh_host_*_key; for kind in ecdsa ed25519; do ssh-keygen -q -t $$kind -N "" -f /etc/ssh/ssh_host_$${kind}_key; done'

[Install]
WantedBy=multi-user.target
EOF
	systemctl enable --quiet kubelab-ssh-keys.service
}
