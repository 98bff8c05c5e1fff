#!/bin/sh
# Whether every web server of a pod is in a slice of systemd.
found=1
for pid in $(pgrep -x httpd); do
	grep -q kubepods "/proc/$pid/cgroup" || continue
	grep -q 'kubepods\.slice' "/proc/$pid/cgroup" || exit 1
	found=0
done
exit "$found"
