#!/usr/bin/env bash
# The queues that `hafs-bench --only queue` is compared with: BullMQ (npm) and dramatiq (PyPI).
#   queue-peers.sh install              puts them into $HAFS_TEST_ENGINES
#   queue-peers.sh bullmq|dramatiq ...  runs one phase; see scripts/peers
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

folder="$HAFS_TEST_ENGINES/queue-peers"

case "${1:-}" in
install)
    if [ -f "$folder/installed" ]; then
        echo "found"
        exit 0
    fi
    need_commands node npm python3
    mkdir -p "$folder"
    (cd "$folder" && npm init -y >/dev/null &&
        npm install --silent --no-audit --no-fund --ignore-scripts bullmq@6.7.0 ioredis@6.0.0)
    python3 -m venv "$folder/python"
    "$folder/python/bin/pip" install --quiet --disable-pip-version-check 'dramatiq[redis]==2.2.1'
    touch "$folder/installed"
    ;;
bullmq)
    shift
    exec node scripts/peers/bullmq.mjs "$folder" "$@"
    ;;
dramatiq)
    shift
    exec "$folder/python/bin/python" scripts/peers/dramatiq_phase.py "$@"
    ;;
*)
    sed -n '2,4p' "$0"
    exit 2
    ;;
esac
