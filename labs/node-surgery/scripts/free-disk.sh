#!/bin/sh
set -eu
systemctl stop kubelab-lab-cache.service 2>/dev/null || true
