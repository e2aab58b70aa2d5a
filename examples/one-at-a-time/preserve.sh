#!/bin/sh
# Preserves the binary that each node runs as the last known good, for the way back: the step of the pipeline before a release.
#
#   preserve.sh FLEET NODE…
set -eu
. "$(dirname "$0")/fleet.sh"
fleet=$1
shift
for one in "$@"; do
  node "$fleet" "$one"
  is_healthy || fail "is not healthy: what it runs is not known to be good"
  on cp "$BINARY" "$BINARY.previous.new"
  on mv "$BINARY.previous.new" "$BINARY.previous"
  say "preserved $BINARY.previous"
done
