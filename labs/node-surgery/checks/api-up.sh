#!/bin/sh
[ "$(curl -sk --max-time 5 https://127.0.0.1:6443/livez)" = ok ] || exit 1
