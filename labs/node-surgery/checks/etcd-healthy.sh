#!/bin/sh
curl -s --max-time 4 http://127.0.0.1:2381/health | grep -q '"health":"true"' || exit 1
[ "$(curl -sk --max-time 4 https://127.0.0.1:6443/readyz)" = ok ] || exit 1
