#!/usr/bin/env bash
# Builds the worker for Windows and proves under Wine that it joins a coordinator on Linux, claims, completes, loses nothing
# when it is killed, drains at Ctrl-C, at Ctrl-Break and when its console is closed, and does the same as a service. Not part
# of the tests: building takes minutes.
#   windows-proof.sh [FOLDER]    a folder with programs that windows-build.sh made; without it they are built first
set -euo pipefail
here="$PWD"
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

need_rust
say "Wine"
need_commands wine wineserver script
wine --version

folder="${1:-target/windows}"
[[ "$folder" = /* ]] || folder="$here/$folder"
[ $# -gt 0 ] || scripts/windows-build.sh "$folder"
[ -f "$folder/hafs-worker.exe" ] || fail "there is no hafs-worker.exe in $folder; run scripts/windows-build.sh $folder"
printf 'hafs-worker.exe: %s bytes\n' "$(stat -c %s "$folder/hafs-worker.exe")"

say "the coordinator and the test"
cargo build --locked -p hafs-coordinator --bins
HAFS_WINDOWS_PROGRAMS="$folder" cargo test --locked -p hafs-tests --test windows -- --ignored --nocapture
