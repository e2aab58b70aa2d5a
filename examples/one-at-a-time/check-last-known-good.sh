#!/bin/sh
# Passes when there is a way back on every node: its preserved binary is what it runs now (or, on a node that was moved
# already, is another one than the new), or a binary to go back to is given: ROLLBACK_BINARY, or `previous` for none.
#
#   check-last-known-good.sh FLEET ARTIFACT ROLLBACK_BINARY NODE…
set -eu
. "$(dirname "$0")/fleet.sh"
fleet=$1 artifact=$2 rollback=$3
shift 3
[ -r "$artifact" ] || fail "the new binary $artifact cannot be read"
same() { [ "$1" = "$2" ] && [ -n "$1" ]; }
new=$(sha256sum "$artifact" | cut -d' ' -f1)
if [ "$rollback" != previous ]; then
  [ -r "$rollback" ] || fail "the binary to go back to, $rollback, cannot be read"
  same "$(sha256sum "$rollback" | cut -d' ' -f1)" "$new" && fail "the binary to go back to, $rollback, is the new one"
  say "the way back is $rollback"
  exit 0
fi
for one in "$@"; do
  node "$fleet" "$one"
  running=$(on sha256sum "$BINARY" | cut -d' ' -f1)
  [ -n "$running" ] || fail "$BINARY cannot be read on it"
  kept=$(on sha256sum "$BINARY.previous" 2>/dev/null | cut -d' ' -f1)
  [ -n "$kept" ] || fail "no last known good at $BINARY.previous: run preserve.sh $fleet $one"
  same "$kept" "$new" && fail "$BINARY.previous is the new binary itself, and no way back"
  same "$running" "$new" || same "$running" "$kept" || fail "$BINARY.previous is not what it runs: run preserve.sh $fleet $one"
done
say "every node has its last known good"
