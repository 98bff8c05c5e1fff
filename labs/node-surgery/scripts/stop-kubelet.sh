#!/bin/sh
set -eu
systemctl disable --now --quiet kubelet.service
