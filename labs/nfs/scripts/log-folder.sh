#!/bin/sh
set -eu
install -d -o 1000 -g 1000 -m 0755 /srv/nfs/lab/log
