#!/usr/bin/env bash
# A long storm over a cluster: two coordinators, four workers, a real Redis and PostgreSQL; see tests/tests/chaos.
# Usage: scripts/chaos.sh [MINUTES] [SEED]      HAFS_CHAOS_KEEP=1 keeps the members' logs.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

export HAFS_CHAOS_MINUTES="${1:-30}" HAFS_TEST_SEED="${2:-$(date +%s)}"
cargo build --locked --workspace --bins
cargo test --locked -p hafs-tests --test chaos -- --ignored --nocapture a_long_storm
