#!/usr/bin/env bash
# Searches with libFuzzer for input that crashes what reads the words, bodies and files of others, makes it hang or take more
# than 2 GiB. What it finds lies in fuzz/artifacts of the crate. It takes the stable compiler and a few minutes to build.
#   fuzz.sh [SECONDS] [TARGET...]    for so long each (60), the targets of these names (all)
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

seconds="${1:-60}"
[[ "$seconds" =~ ^[1-9][0-9]*$ ]] || fail "SECONDS is a whole number, not '$seconds': scripts/fuzz.sh 60 reply"
shift || true
wanted=("$@")

need_rust
command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz
shopt -s nullglob

# The crates with targets, and the names of those.
crates() { git ls-files '*fuzz/Cargo.toml' | sed 's,/fuzz/Cargo.toml$,,'; }
targets() { for file in "$1"/fuzz/fuzz_targets/*.rs; do basename "$file" .rs; done; }
is_wanted() { [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " = *" $1 "* ]]; }

known=$(for crate in $(crates); do targets "$crate"; done)
for target in "${wanted[@]}"; do
    grep -qxF "$target" <<<"$known" || fail "there is no target '$target'; there are: ${known//$'\n'/, }"
done

# search CRATE TARGET: from what was found before and from the seeds that are kept, if there are any.
search() (
    cd "$1"
    # New inputs go to the first folder.
    local corpus=("fuzz/corpus/$2")
    mkdir -p "${corpus[0]}"
    [ ! -d "fuzz/seeds/$2" ] || corpus+=("fuzz/seeds/$2")
    [ "$2" != bodies ] || corpus+=(tests/fixtures/v1)
    say "$2 of $1, $seconds s"
    RUSTC_BOOTSTRAP=1 cargo fuzz run --target-dir "$fuzz_target" "$2" "${corpus[@]}" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
)

mkdir -p "$TARGET/fuzz"
fuzz_target=$(cd "$TARGET/fuzz" && pwd)
failed=()
for crate in $(crates); do
    for target in $(targets "$crate"); do
        is_wanted "$target" || continue
        search "$crate" "$target" || failed+=("$target")
    done
done
[ ${#failed[@]} -eq 0 ] || fail "${failed[*]}: see what was found in the artifacts named above"
say "nothing found"
