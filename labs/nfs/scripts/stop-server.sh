#!/bin/sh
set -eu
systemctl disable --now --quiet nfs-kernel-server.service
