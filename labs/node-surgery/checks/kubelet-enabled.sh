#!/bin/sh
systemctl is-active --quiet kubelet.service && systemctl is-enabled --quiet kubelet.service || exit 1
