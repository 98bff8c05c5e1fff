#!/bin/sh
# Whether there is a database of etcd, wherever below the folder the old data were moved to.
find /var/lib/kubelab-lab/etcd-before -path '*/snap/db' -size +0 2>/dev/null | grep -q . || exit 1
