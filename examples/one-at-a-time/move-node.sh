#!/bin/sh
# Moves one node to a version: drained, pushed, restarted, healthy, enabled under the version, and seen through the mesh.
#
#   move-node.sh FLEET NODE VERSION BINARY [SECONDS]
#
# BINARY is a file here, or `previous` for the one that was preserved on the node. SECONDS (60) is how long it may take to be
# healthy. May be run again at any point: what is done already is left alone. VERSION may be `canary` or `stable` under splitter.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/fleet.sh"
[ $# -ge 4 ] || fail "usage: move-node.sh FLEET NODE VERSION BINARY [SECONDS]"
case $3 in
canary) version=${SPLITTER_CANARY_VERSION:?} ;;
stable) version=${SPLITTER_STABLE_VERSION:?} ;;
*) version=$3 ;;
esac
new=$4 seconds=${5:-60}
seconds=${seconds%s}
node "$1" "$2"

# A driver that was killed may have left this script at work: the node is one script's at a time.
mkdir -p "${LOCKS:=${TMPDIR:-/tmp}/one-at-a-time}"
exec 9>"$LOCKS/$ID.lock"
flock -w 300 9 || fail "another script has been at work on it for five minutes"

on_node_digest() { on sha256sum "$1" 2>/dev/null | cut -d' ' -f1; }
exists() { on test -e "$1"; }

if [ "$new" = previous ]; then
  wanted=$(on_node_digest "$BINARY.previous")
  [ -n "$wanted" ] || fail "$BINARY.previous is missing, and no other binary was given"
else
  [ -r "$new" ] || fail "the binary $new cannot be read"
  wanted=$(sha256sum "$new" | cut -d' ' -f1)
fi

# `.pending` stands from the moment the binary changes until it has been seen healthy: a restart that was missed is made up for.
is_there() { [ "$(on_node_digest "$BINARY")" = "$wanted" ] && ! exists "$BINARY.pending"; }

if is_there && is_healthy && is_version "$version" && is_offered "$version"; then
  say "runs $version already"
  exit 0
fi

ask -X PUT -G "$AGENT/v1/agent/service/maintenance/$ID" -d enable=true --data-urlencode "reason=$MAINTENANCE" >/dev/null
within "$DRAIN" is_withdrawn || fail "Consul offers it to callers though it is in maintenance"
# Callers' sidecars hear of it within a second; after that, none in flight at two looks in a row is none at all.
sleep 1
is_idle() {
  for _ in 1 2; do
    on curl -sf -m 2 "$SIDECAR" | grep '^envoy_cluster_upstream_rq_active{.*envoy_cluster_name="local_app"' | grep -q ' 0$' || return 1
    sleep 0.5
  done
}
within "$DRAIN" is_idle || fail "requests are still in flight after ${DRAIN}s; it stays drained, run this again"
say "drained"

if ! is_there; then
  if [ "$new" = previous ]; then
    on cp "$BINARY.previous" "$BINARY.new"
  else
    on tee "$BINARY.new" <"$new" >/dev/null
  fi
  [ "$(on_node_digest "$BINARY.new")" = "$wanted" ] || fail "the binary arrived damaged; it stays drained, run this again"
  on chmod 755 "$BINARY.new"
  on touch "$BINARY.pending"
  on mv "$BINARY.new" "$BINARY"
  say "has the binary of $version"
  on $RESTART
fi
within "$seconds" is_healthy || fail "is not healthy within ${seconds}s of its restart; it stays drained"
on rm -f "$BINARY.pending"
say "healthy"

sed "s/@VERSION@/$version/g" "$FLEET/$NODE.json" | ask -X PUT --data-binary @- "$AGENT/v1/agent/service/register" >/dev/null
ask -X PUT "$AGENT/v1/agent/service/maintenance/$ID?enable=false" >/dev/null
within "$seconds" is_offered "$version" || fail "Consul does not offer it to callers as $version"
# Whoever moves traffic next finds it in the callers' sidecars too.
sleep 2

# The same from a caller's side. As canary it has no weight yet: the plan's route leads there.
if [ "${SPLITTER_POINT:-}" = run ]; then set -- -H "$HEADER"; else set --; fi
through_mesh() {
  for _ in 1 2 3 4 5; do curl -sf -m 5 -o /dev/null "$@" "$ENTRANCE" 9>&- || return 1; done
}
within "$seconds" through_mesh "$@" || fail "does not answer through the mesh at $ENTRANCE"
say "enabled as $version, and answers through the mesh"
