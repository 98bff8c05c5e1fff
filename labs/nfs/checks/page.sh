#!/bin/sh
[ "$(cat /srv/nfs/lab/index.html 2>/dev/null)" = "page $WORD" ] || exit 1
