#!/bin/sh
[ -x /sbin/mount.nfs ] || exit 1
