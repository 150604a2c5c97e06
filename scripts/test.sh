#!/usr/bin/env bash
# Installs what the tests need and runs them all. Works twice; says what could not be had and is skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

scripts/setup.sh
find_datasets
find_schemathesis
find_grafana

say "tests"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
# Output of passing tests is kept so that what was skipped can be counted below.
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --locked --workspace --no-fail-fast --success-output immediate 2>&1 | tee "$log" | grep -v '^ *$' || status=$?
    grep -q 'Summary' "$log" || status=1
else
    cargo test --locked --workspace --quiet -- --show-output 2>&1 | tee "$log" || status=$?
fi
skipped=$(grep -c 'SKIPPED:' "$log" || true)
if [ "$skipped" -gt 0 ]; then
    say "skipped because something could not be had: $skipped"
    grep -o 'SKIPPED:.*' "$log" | sort | uniq -c
fi
exit "$status"
