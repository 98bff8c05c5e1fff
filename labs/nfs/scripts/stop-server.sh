#!/bin/sh
set -eu
systemctl disable --now --quiet nfs-server.service
