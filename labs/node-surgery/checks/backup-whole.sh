#!/bin/sh
# A snapshot ends with the SHA-256 of all that comes before.
file=/var/lib/kubelab-lab/etcd-backup.db
[ -s "$file" ] || exit 1
want=$(tail -c 32 "$file" | od -An -v -tx1 | tr -d ' \n')
have=$(head -c -32 "$file" | sha256sum | cut -d' ' -f1)
[ "$want" = "$have" ] || exit 1
