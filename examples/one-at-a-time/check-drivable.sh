#!/bin/sh
# Passes when what moves traffic can be driven: the agent of every node answers and knows it, the node takes commands, nobody
# else has put it into maintenance, and a caller's sidecar answers.
#
#   check-drivable.sh FLEET NODE…
set -eu
. "$(dirname "$0")/fleet.sh"
fleet=$1
shift
for one in "$@"; do
  node "$fleet" "$one"
  on true || fail "takes no commands by: $ON_NODE"
  ask -o /dev/null "$AGENT/v1/agent/service/$ID" || fail "the Consul agent at $AGENT does not drive $ID"
  foreign=$(ask -G "$AGENT/v1/agent/checks" \
    --data-urlencode "filter=CheckID == \"_service_maintenance:$ID\" and Notes != \"$MAINTENANCE\"") || fail "its checks cannot be read"
  [ "$foreign" = '{}' ] || fail "somebody else has put it into maintenance"
done
curl -sf -m 5 -o /dev/null "$ENTRANCE" || fail "the service does not answer through the mesh at $ENTRANCE"
NODE='' say "$# nodes can be driven"
