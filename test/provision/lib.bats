#!/usr/bin/env bats
# What every provision script shares: provision/lib.sh.
# shellcheck disable=SC2016

load helper

setup_file() {
	mkdir -p "$BATS_FILE_TMPDIR/www"
	echo 'a program' >"$BATS_FILE_TMPDIR/www/program"
	sha256sum <"$BATS_FILE_TMPDIR/www/program" | cut -d' ' -f1 >"$BATS_FILE_TMPDIR/www/program.sha256"
	digest=$(cat "$BATS_FILE_TMPDIR/www/program.sha256")
	printf '%064d  other\n%s  program\n' 0 "$digest" >"$BATS_FILE_TMPDIR/www/sums"
	printf '%064d *other\n%s *program\n' 0 "$digest" >"$BATS_FILE_TMPDIR/www/sums-binary"
	echo '<html>' >"$BATS_FILE_TMPDIR/www/no-sums"
	export digest
	start_server "$BATS_FILE_TMPDIR/www"
}
teardown_file() { stop_server; }

setup() {
	setup_box
	real curl
}

nothing_left_in_tmp() { [ -z "$(ls -A "$ROOT/tmp")" ] || show "left in /tmp: $(ls -A "$ROOT/tmp")"; }

@test "retry tries until it succeeds" {
	lib 'try() { echo try >>/box/tries; [ "$(grep -c try /box/tries)" -eq 3 ]; }; retry 5 7 try; echo done'
	succeeds
	says 'done'
	called_times 2 'sleep 7'
}

@test "retry gives up after the last try and does not sleep after it" {
	lib 'try() { echo try >>/box/tries; return 1; }; retry 3 7 try || echo "gave up: $?"'
	succeeds
	says 'gave up: 1'
	[ "$(grep -c try "$BOX/tries")" -eq 3 ]
	called_times 2 'sleep 7'
}

@test "wait_for returns at once when it is there" {
	lib 'wait_for 60 "the moon" true; echo there'
	succeeds
	says there
	called_times 0 sleep
}

@test "wait_for looks again until it is there" {
	lib 'look() { echo look >>/box/looks; [ "$(grep -c look /box/looks)" -eq 4 ]; }; wait_for 3600 "the moon" look; echo there'
	succeeds
	says there
	called_times 3 'sleep 0.3'
}

@test "wait_for that runs out is a failure that names what it waited for" {
	lib 'wait_for 300 "the moon" false; echo not reached'
	dies 'waited too long for the moon'
	says_not 'not reached'
	called_times 3 sleep
}

@test "write_file writes with the mode, then says already, then sees a change" {
	lib 'echo one | write_file /etc/some/file 0640'
	succeeds
	says 'wrote /etc/some/file'
	[ "$(cat "$ROOT/etc/some/file")" = one ]
	[ "$(mode_of "$ROOT/etc/some/file")" = 640 ]
	lib 'echo one | write_file /etc/some/file 0640'
	says 'already: /etc/some/file'
	says_not wrote
	lib 'echo two | write_file /etc/some/file 0640'
	says 'wrote /etc/some/file'
	[ "$(cat "$ROOT/etc/some/file")" = two ]
	nothing_left_in_tmp
}

@test "write_file writes below KUBELAB_ROOT" {
	in_box KUBELAB_ROOT=/tree sh -euc '. /opt/kubelab/provision/lib.sh; echo one | write_file /etc/file 0644'
	succeeds
	[ "$(cat "$ROOT/tree/etc/file")" = one ]
	[ ! -e "$ROOT/etc/file" ]
}

@test "need names the variable that is not set" {
	lib 'A=1 B=; need A B; echo not reached'
	dies 'B is not set in the env file'
}

@test "load_env exports what is in the file, quotes and all" {
	write_env "ODD='it'\\''s \$HOME'"
	lib 'load_env; sh -c "printf %s\\\\n \"\$ODD\""'
	succeeds
	[ "$output" = "it's \$HOME" ]
}

@test "load_env dies without a file" {
	rm "$ROOT/opt/kubelab/node/env"
	lib load_env
	dies 'no env file in /opt/kubelab/node'
}

@test "install_verified installs what has the right digest" {
	lib "install_verified $URL/program $digest /usr/local/bin/program 0755"
	succeeds
	[ "$(cat "$USR_LOCAL/bin/program")" = 'a program' ]
	[ "$(mode_of "$USR_LOCAL/bin/program")" = 755 ]
	[ "$(ls "$USR_LOCAL/bin")" = program ]
	nothing_left_in_tmp
}

@test "install_verified refuses a wrong digest and leaves what is there" {
	echo before >"$USR_LOCAL/bin/program"
	wrong=$(printf %064d 7)
	lib "install_verified $URL/program $wrong /usr/local/bin/program 0755"
	dies "$URL/program has digest $digest, expected $wrong"
	[ "$(cat "$USR_LOCAL/bin/program")" = before ]
	lib "install_verified $URL/program $wrong /usr/local/bin/other 0755"
	dies "expected $wrong"
	[ "$(ls "$USR_LOCAL/bin")" = program ]
	nothing_left_in_tmp
}

@test "install_verified dies when the file never comes" {
	lib "install_verified $URL/nothing $digest /usr/local/bin/program 0755"
	dies "could not fetch $URL/nothing"
	called_times 4 'sleep 3'
	[ ! -e "$USR_LOCAL/bin/program" ]
	nothing_left_in_tmp
}

@test "published_digest reads a lone digest and both kinds of lists" {
	for sums in program.sha256 sums sums-binary; do
		lib "published_digest $URL/$sums program"
		succeeds
		[ "$output" = "$digest" ] || show "$sums"
	done
	nothing_left_in_tmp
}

@test "published_digest refuses a page that is no list, and a list without the file" {
	lib "found=\$(published_digest $URL/no-sums program); echo not reached"
	dies "$URL/no-sums has no SHA-256 of program"
	says_not 'not reached'
	lib "found=\$(published_digest $URL/sums gram); echo not reached"
	dies "$URL/sums has no SHA-256 of gram"
}

@test "architecture knows two and refuses the others" {
	lib 'arch=$(architecture); echo "<$arch>"'
	[ "$output" = '<amd64>' ]
	echo arm64 >"$BOX/architecture"
	lib 'arch=$(architecture); echo "<$arch>"'
	[ "$output" = '<arm64>' ]
	echo riscv64 >"$BOX/architecture"
	lib 'arch=$(architecture); echo "<$arch>"'
	dies 'nothing is published for this machine'
}

@test "booted is whether systemd runs" {
	lib 'booted && echo yes || echo no'
	[ "$output" = no ]
	mkdir -p "$ROOT/run/systemd/system"
	lib 'booted && echo yes || echo no'
	[ "$output" = yes ]
	lib 'enable_unit some.service'
	succeeds
	called 'systemctl enable --quiet some.service'
	called 'systemctl start some.service'
}

@test "contained is whether systemd says that it is in a container" {
	lib 'contained && echo yes || echo no'
	[ "$output" = no ]
	mkdir -p "$ROOT/run/systemd"
	echo systemd-nspawn >"$ROOT/run/systemd/container"
	lib 'contained && echo yes || echo no'
	[ "$output" = yes ]
}

@test "a fake fails loudly on a call that it does not know" {
	lib 'systemctl sing'
	ends_with_status 97
	says 'unknown call: sing'
	: >"$BOX/unknown"
}

@test "a tool that no test knows is not there" {
	lib 'shutdown -h now || echo "ended with $?"'
	says 'ended with 127'
}
