# shellcheck shell=sh disable=SC2034
# What a node is, for the scripts beside this one. A fleet is a folder: fleet.env holds for every node, NODE.env for one
# (both are sh, and see $NODE), and NODE.json is the service's registration there, with @VERSION@ where the version stands.
#
#   SERVICE     the service in Consul                              backend-api
#   ID          this node's instance of it                         $NODE
#   AGENT       the Consul agent of the node                       http://$NODE:8500
#   ON_NODE     what runs a command on the node                    ssh $NODE   (or: incus exec $NODE --, or nothing: here)
#   BINARY      where the binary is on the node                    /opt/backend-api/backend-api
#   RESTART     restarts the service on the node                   systemctl restart backend-api
#   HEALTH      its own health address, as seen on the node        http://127.0.0.1:8080/api/v1/health
#   SIDECAR     metrics of its sidecar, as seen on the node        http://127.0.0.1:9102/metrics
#   ENTRANCE    the service as a caller reaches it by the mesh     http://127.0.0.1:5000/api/v1/health
#   HEADER      the header by which the plan's route leads testers  x-canary: 1
#   DRAIN       how long a request in flight may take, seconds     30
#
# splitter does not give its own token to what it starts. Where Consul has ACLs, TOKEN_FILE in fleet.env (or CONSUL_HTTP_TOKEN_FILE) names a file with
# one that may service:write SERVICE and node:read: docs/security.md.

MAINTENANCE='moved by splitter'

# node FLEET NODE: reads what is known of a node.
node() {
  FLEET=$1 NODE=$2
  SERVICE=backend-api ID=$NODE AGENT=http://$NODE:8500 ON_NODE="ssh $NODE"
  BINARY=/opt/backend-api/backend-api RESTART='systemctl restart backend-api'
  HEALTH=http://127.0.0.1:8080/api/v1/health SIDECAR=http://127.0.0.1:9102/metrics
  ENTRANCE=http://127.0.0.1:5000/api/v1/health HEADER='x-canary: 1' DRAIN=30
  [ -d "$FLEET" ] || fail "there is no fleet $FLEET: a folder with fleet.env, NODE.env and NODE.json"
  [ -f "$FLEET/$NODE.json" ] || fail "$FLEET/$NODE.json is missing: the registration of $NODE"
  [ ! -f "$FLEET/fleet.env" ] || . "$FLEET/fleet.env"
  [ ! -f "$FLEET/$NODE.env" ] || . "$FLEET/$NODE.env"
}

say() { echo "${NODE:+$NODE: }$*"; }
fail() {
  echo "${NODE:+$NODE: }$*" >&2
  exit 1
}

# One request; Consul's words when it refuses. Nothing that was started holds on to the lock (9).
# The token goes by a pipe (8): arguments are seen by everybody on the machine.
ask() {
  curl -sS --fail-with-body -m 10 -K /dev/fd/8 "$@" 9>&- 8<<EOF
$(token_header)
EOF
}
token_header() {
  file=${TOKEN_FILE:-${CONSUL_HTTP_TOKEN_FILE:-}}
  [ -z "$file" ] || echo "header = \"X-Consul-Token: $(cat "$file")\""
}
# on WORDS…: runs a command on the node.
on() { $ON_NODE "$@" 9>&-; }

# Whether the agent has this instance with this version: `is_version 3`.
is_version() {
  found=$(ask -G "$AGENT/v1/agent/services" --data-urlencode "filter=ID == \"$ID\" and Meta.version == \"$1\"") && [ "$found" != '{}' ]
}

# What callers are offered of this instance, as JSON: `offered ' and Service.Meta.version == "3"'`.
offered() {
  ask -G "$AGENT/v1/health/connect/$SERVICE" --data-urlencode passing= \
    --data-urlencode "filter=Service.Proxy.DestinationServiceID == \"$ID\"${1:-}"
}

# Whether callers are offered this instance with this version; and whether they are offered it at all.
is_offered() { found=$(offered " and Service.Meta.version == \"$1\"") && [ "$found" != '[]' ]; }
is_withdrawn() { found=$(offered) && [ "$found" = '[]' ]; }

is_healthy() { on curl -sf -m 2 -o /dev/null "$HEALTH"; }

# within SECONDS COMMAND…: asks again and again; fails when the time is over.
within() {
  until_when=$(($(date +%s) + $1))
  shift
  until "$@"; do
    [ "$(date +%s)" -lt "$until_when" ] || return 1
    sleep 0.5
  done
}
