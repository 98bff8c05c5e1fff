#!/bin/sh
# haproxy in front of the API servers, on a node of its own.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/node.sh"
load_env
need KUBELAB_BACKENDS
only_one

{
	cat <<'EOF'
global
    maxconn 4096

defaults
    mode tcp
    timeout connect 2s
    timeout client 1h
    timeout server 1h
    timeout check 2s

frontend kubernetes
    bind *:6443
    default_backend control-planes

backend control-planes
    balance roundrobin
    option httpchk GET /readyz
    http-check expect status 200
    default-server check check-ssl verify none inter 1s fall 3 rise 1 on-marked-down shutdown-sessions
EOF
	printf '%s\n' "$KUBELAB_BACKENDS" | tr ';' '\n' | while read -r name address; do
		printf '    server %s %s:6443\n' "$name" "$address"
	done
} | write_file /etc/haproxy/haproxy.cfg 0644
haproxy -c -q -f /etc/haproxy/haproxy.cfg || die "haproxy does not accept its configuration"
systemctl enable --quiet haproxy.service
systemctl reload-or-restart haproxy.service
