#!/usr/bin/env bash
# An independent implementation of Ollama's protocol for the tests: ollama-openai-proxy, from PyPI (70 MB). It stands in
# front of any server that speaks OpenAI's.
#   ollama-peer.sh install           puts it into $HAFS_TEST_ENGINES
#   ollama-peer.sh serve URL PORT    serves the models of URL on that loopback port, until its standard input is closed
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

version=0.7.0
folder="$HAFS_TEST_ENGINES/ollama-openai-proxy-$version"

case "${1:-}" in
install)
    if [ -f "$folder/installed" ]; then
        echo "found"
        exit 0
    fi
    need_commands python3
    mkdir -p "$folder/app"
    python3 -m venv "$folder/python"
    "$folder/python/bin/pip" install --quiet --disable-pip-version-check "ollama-openai-proxy==$version" uvicorn
    # The package imports itself as `src`, which it is not called.
    ln -sfn "$("$folder/python/bin/python" -c 'import site; print(site.getsitepackages()[0])')" "$folder/app/src"
    touch "$folder/installed"
    ;;
serve)
    [ -f "$folder/installed" ] || fail "run 'scripts/ollama-peer.sh install' first"
    # Whoever started this holds its standard input: when that ends, so does the proxy.
    (cat >/dev/null && kill $$) <&0 &
    export OPENAI_API_BASE_URL="$2" OPENAI_API_KEY=none-is-needed-here MAX_RETRIES=1 NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
    cd "$folder/app"
    exec "$folder/python/bin/python" -m uvicorn src.main:app --host 127.0.0.1 --port "$3" --log-level warning </dev/null
    ;;
*)
    sed -n '2,5p' "$0"
    exit 2
    ;;
esac
