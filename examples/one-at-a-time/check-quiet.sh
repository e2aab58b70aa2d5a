#!/bin/sh
# Passes when no game day is on: a canary needs a quiet baseline. A game day stands in Consul's KV while it lasts:
#   consul kv put ops/game-day 'dana: we pull a rack, until noon'      and after it   consul kv delete ops/game-day
#
#   check-quiet.sh KEY
# splitter does not give its own token to what it starts: where Consul has ACLs, put `env CONSUL_HTTP_TOKEN_FILE=…` before it in the plan.
set -eu
file=${CONSUL_HTTP_TOKEN_FILE:-}
token=$([ -z "$file" ] || echo "header = \"X-Consul-Token: $(cat "$file")\"")
answer=$(echo "$token" | curl -sS -m 10 -w '\n%{http_code}' -K - "${CONSUL_HTTP_ADDR:-http://127.0.0.1:8500}/v1/kv/$1?raw")
case $(echo "$answer" | tail -n 1) in
404) echo "no game day" ;;
200)
  echo "a game day is on: $(echo "$answer" | head -n 1)" >&2
  exit 1
  ;;
*)
  echo "Consul does not say whether a game day is on: $answer" >&2
  exit 1
  ;;
esac
