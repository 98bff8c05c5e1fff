#!/bin/sh
# The export as mkdir makes it, whoever was allowed to write there before.
set -eu
rm -rf /srv/nfs/lab/log
chown root:root /srv/nfs/lab
chmod 0755 /srv/nfs/lab
