#!/usr/bin/env bash
# Looks at every file of deploy/ with the tool that reads it: Dockerfiles by hadolint, each combination of compose files by
# docker-compose, units by systemd, the proxy's file by Caddy, scripts by shellcheck. Starts nothing. A tool that cannot be
# had is named as SKIPPED; it never counts as passed.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

# The folder of what is looked at; secrets are made in a copy.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r deploy "$work/deploy"

skipped() { echo "SKIPPED: no $1: $2 not looked at"; }

check_dockerfiles() {
    local tool="$HADOLINT_ENV/bin/hadolint"
    [ -x "$tool" ] || { skipped hadolint "Dockerfiles are"; return 0; }
    "$tool" deploy/docker/Dockerfile deploy/standins/Dockerfile
}

# read_by_compose FILE...: the whole of it is understood and every variable and file that it names is there.
read_by_compose() {
    local file files=()
    for file in "$@"; do
        files+=(-f "$work/deploy/$file")
    done
    HAFS_SITE=factory.example "$COMPOSE_ENV/bin/docker-compose" "${files[@]}" config --quiet || fail "docker-compose: $*"
}

check_compose() {
    [ -x "$COMPOSE_ENV/bin/docker-compose" ] || { skipped docker-compose "compose files are"; return 0; }
    "$work/deploy/secrets.sh" >/dev/null
    (cd "$work/deploy/secrets" && sha256sum ./*) >"$work/first"
    "$work/deploy/secrets.sh" >/dev/null
    (cd "$work/deploy/secrets" && sha256sum ./*) | cmp - "$work/first" || fail "secrets.sh changed a secret that was there"
    touch "$work/deploy/secrets/join_link"
    local tls gpu tools
    for tls in "" compose.tls.yaml; do
        for gpu in "" compose.gpu.yaml; do
            for tools in "" compose.tools.yaml; do
                # shellcheck disable=SC2086 # none or one word each
                read_by_compose compose.yaml $tls $gpu $tools
            done
        done
    done
    read_by_compose compose.yaml compose.test.yaml
    read_by_compose compose.worker.yaml
    # No secret is in anybody's environment.
    if HAFS_SITE=factory.example "$COMPOSE_ENV/bin/docker-compose" -f "$work/deploy/compose.yaml" config |
        grep -F -f <(cat "$work"/deploy/secrets/{postgres,factory,redis,grafana}_password); then
        fail "compose.yaml shows a secret"
    fi
}

check_units() {
    command -v systemd-analyze >/dev/null || { skipped systemd-analyze "units are"; return 0; }
    local unit
    mkdir -p "$work/units"
    for unit in deploy/systemd/*.service; do
        # The programs are not installed where this runs.
        sed 's#/usr/local/bin/hafs-[a-z]*#/bin/true#' "$unit" >"$work/units/${unit##*/}"
    done
    # It has nothing to say about what is right.
    local told
    told=$(systemd-analyze verify --man=no "$work"/units/*.service 2>&1 | grep -F "$work" || true)
    [ -z "$told" ] || fail "systemd: $told"
}

check_proxy() {
    local tool="$CADDY_ENV/bin/caddy"
    [ -x "$tool" ] || { skipped caddy "the Caddyfile is"; return 0; }
    export HAFS_SITE=factory.example
    "$tool" validate --adapter caddyfile --config deploy/caddy/Caddyfile >"$work/caddy" 2>&1 || fail "caddy: $(cat "$work/caddy")"
    "$tool" adapt --adapter caddyfile --config deploy/caddy/Caddyfile 2>/dev/null | grep -q factory.example ||
        fail "the site of compose.tls.yaml is not served"
    "$tool" fmt --diff deploy/caddy/Caddyfile >"$work/caddy" || fail "the Caddyfile is not formatted: $(cat "$work/caddy")"
}

check_scripts() {
    command -v shellcheck >/dev/null || { skipped shellcheck "scripts are"; return 0; }
    # SC2054 takes the commas of an option for those of a list.
    shellcheck --severity=warning --exclude=SC2054 scripts/*.sh deploy/*.sh deploy/*/*.sh .ci/run
}

say "deployment: Dockerfiles, compose files, units, proxy, scripts"
check_dockerfiles
check_compose
check_units
check_proxy
check_scripts
echo "all of deploy/ is well formed, but for what is named above"
