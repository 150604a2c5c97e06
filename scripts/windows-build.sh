#!/usr/bin/env bash
# Builds the worker for Windows on Linux, and what the tests under Wine need beside it.
#   windows-build.sh FOLDER      default: target/windows
# With rustup, its standard library for the target; otherwise Debian's compiler, which builds one from its source package.
set -euo pipefail
here="$PWD"
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

target=x86_64-pc-windows-gnu
folder="${1:-target/windows}"
[[ "$folder" = /* ]] || folder="$here/$folder"
mkdir -p "$folder"
# A folder of its own: a build for Linux at the same time waits for nothing.
export CARGO_TARGET_DIR="${HAFS_WINDOWS_TARGET_DIR:-$HAFS_CACHE/target-windows-gnu}"

say "a C and C++ compiler for Windows"
need_commands x86_64-w64-mingw32-gcc x86_64-w64-mingw32-g++

# Debian's compiler for programs of the web, the newest that it has, and the source of its standard library.
use_debian() {
    need_packages rustc-web cargo-web rust-web-src
    local source root
    source=$(compgen -G '/usr/src/rustc-*/library' | sort -V | tail -n 1) || fail "rust-web-src has no /usr/src/rustc-*."
    root=$(/usr/bin/rustc --print sysroot)/lib/rustlib/src
    [ -e "$root/rust/library" ] || as_root ln -sfn "$(dirname "$source")" "$root/rust"
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
    cargo=(/usr/bin/cargo)
    build_std=(-Zbuild-std=std,panic_abort)
}

say "Rust for $target"
cargo=(cargo) build_std=()
if [ "${HAFS_WINDOWS_RUST:-}" = debian ] || ! rustup target add "$target" >/dev/null 2>&1; then
    use_debian
fi
"${cargo[@]}" --version

say "building (some minutes the first time)"
"${cargo[@]}" build --locked --release "${build_std[@]}" --target "$target" -p hafs-worker --bins
cp "$CARGO_TARGET_DIR/$target/release/hafs-worker.exe" "$folder/"
x86_64-w64-mingw32-strip "$folder/hafs-worker.exe"
(cd "$folder" && sha256sum hafs-worker.exe >hafs-worker.exe.sha256)

say "what the tests under Wine need"
x86_64-w64-mingw32-gcc -O2 -Wall -Wextra -shared -o "$folder/bcryptprimitives.dll" scripts/windows/prng.c -ladvapi32
x86_64-w64-mingw32-gcc -O2 -Wall -Wextra -o "$folder/press.exe" scripts/windows/press.c

printf '%s: %s bytes, SHA-256 %s\n' "$folder/hafs-worker.exe" "$(stat -c %s "$folder/hafs-worker.exe")" \
    "$(cut -d ' ' -f 1 "$folder/hafs-worker.exe.sha256")"
