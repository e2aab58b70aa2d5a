#!/bin/sh
# Puts the last known good binary back on every node that does not run it, all at once: nothing is on them any more.
#
#   restore-nodes.sh FLEET VERSION BINARY SECONDS NODE…
#
# VERSION is that of the last known good (`stable` under splitter); BINARY a file of it here, or `previous` for the one that was
# preserved on each node. By hand, it takes nodes back one after the other where they are named one at a time.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fleet=$1 version=$2 binary=$3 seconds=$4
shift 4
# Traffic was taken off these nodes a moment ago: callers' sidecars hear of that before they hear that the nodes are drained.
[ -z "${SPLITTER_POINT:-}" ] || sleep 2
# As if no canary were tried: what is restored is looked at as users see it.
unset SPLITTER_POINT
for node in "$@"; do
  "$here/move-node.sh" "$fleet" "$node" "$version" "$binary" "$seconds" &
  jobs="${jobs:-} $!:$node"
done
failed=
for job in $jobs; do wait "${job%%:*}" || failed="$failed ${job#*:}"; done
[ -z "$failed" ] || {
  echo "not restored:$failed" >&2
  exit 1
}
