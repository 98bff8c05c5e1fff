#!/bin/sh
grep -aqs "treasure-$TREASURE" /var/lib/kubelab-lab/etcd-backup.db || exit 1
