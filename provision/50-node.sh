#!/bin/sh
# What every node of a cluster does before kubeadm: its name, its peers' names, forwarding, no swap.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/node.sh"
load_env
only_one
prepare_node
