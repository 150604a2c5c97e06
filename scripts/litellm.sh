#!/usr/bin/env bash
# An independent implementation of the cloud protocols for the tests: the LiteLLM proxy, from PyPI (740 MB).
#   litellm.sh install             puts it into $HAFS_TEST_ENGINES
#   litellm.sh serve CONFIG PORT   serves CONFIG on that loopback port, until its standard input is closed
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

version=1.106.2
folder="$HAFS_TEST_ENGINES/litellm-$version"

case "${1:-}" in
install)
    if [ -f "$folder/installed" ]; then
        echo "found"
        exit 0
    fi
    need_commands python3
    mkdir -p "$HAFS_TEST_ENGINES"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check "litellm[proxy]==$version"
    touch "$folder/installed"
    ;;
serve)
    [ -f "$folder/installed" ] || fail "run 'scripts/litellm.sh install' first"
    # Whoever started this holds its standard input: when that ends, so does the proxy.
    (cat >/dev/null && kill $$) <&0 &
    export LITELLM_LOCAL_MODEL_COST_MAP=True NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
    exec "$folder/bin/litellm" --config "$2" --host 127.0.0.1 --port "$3" --num_workers 1 --telemetry False </dev/null
    ;;
*)
    sed -n '2,4p' "$0"
    exit 2
    ;;
esac
