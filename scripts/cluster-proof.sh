#!/usr/bin/env bash
# Runs the cluster of deploy/ for real, with podman and without any registry: builds the images on the spot, starts
# everything, makes samples through the proxy, kills a coordinator and Redis meanwhile, and shows that nothing is lost and that
# the sandbox holds inside a container. Then it takes everything away again. Prints what it measured; ends with 0 only if all of it holds.
#   cluster-proof.sh [--prebuilt FOLDER] [--keep] [SAMPLES]
#     --prebuilt FOLDER  take the programs from there instead of building them inside a container
#     --keep             leave the cluster running, and say how to take it away
# Needs root (networks of containers), Debian, and about 4 GB of disk.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh
# shellcheck source=scripts/containers.sh
. scripts/containers.sh

programs="" keep="" target=1000
while [ $# -gt 0 ]; do
    case "$1" in
    --prebuilt)
        [ $# -ge 2 ] || fail "--prebuilt needs the folder of the programs, such as \$CARGO_TARGET_DIR/release"
        programs=$(cd "$2" && pwd) || fail "there is no folder $2"
        shift
        ;;
    --keep) keep=1 ;;
    *[!0-9]*) fail "$1 is no number of samples; see the head of this script" ;;
    *) target=$1 ;;
    esac
    shift
done
[ "$(id -u)" -eq 0 ] || fail "needs root, for the networks of the containers"

# wait_for LIMIT COMMAND...: waits until a command succeeds; WAITED is how many seconds that took.
wait_for() {
    local limit=$1 began=$SECONDS
    shift
    until "$@" >/dev/null 2>&1; do
        [ $((SECONDS - began)) -lt "$limit" ] || fail "waited $limit s in vain: $*"
        sleep 0.5
    done
    WAITED=$((SECONDS - began))
}

factory() { compose exec -T coordinator-2 hafs-factory "$@"; }
# field EXPRESSION: a value of the JSON on standard input.
field() { python3 -c "import json, sys; it = json.load(sys.stdin); print($1)"; }
well() { pod healthcheck run "hafs-$1-1"; }
pid_of() { pod inspect --format '{{.State.Pid}}' "hafs-$1-1"; }
accepted() { factory status --json | field "it['runs'][0]['progress']['accepted']"; }
# has_accepted NUMBER: whether there are so many by now.
has_accepted() { [ "$(accepted)" -ge "$1" ]; }
is_finished() { factory status --json | field "it['runs'][0]['run']['state']" | grep -qx finished; }
ids() { factory samples list --state accepted --limit 100000 --json | field '"\n".join(sorted(s["id"] for s in it["items"]))'; }
# crash SERVICE: kills its first process from outside, as the kernel does when memory is short.
crash() {
    local pid
    pid=$(pid_of "$1")
    [ "$pid" -gt 1 ] || fail "$1 does not run"
    kill -9 "$pid"
    wait_for 60 is_another "$1" "$pid"
}
is_another() {
    local pid
    pid=$(pid_of "$1")
    [ "$pid" -gt 1 ] && [ "$pid" -ne "$2" ]
}

say "tools"
containers_install
containers_begin
leave() {
    if [ -n "$keep" ]; then
        say "left in $WORK"
    else
        containers_end
    fi
}
trap leave EXIT

say "images"
containers_base
began=$SECONDS
if [ -n "$programs" ]; then
    images_from_programs "$programs"
else
    images_from_sources
fi
images_standins "$programs"
echo "built in $((SECONDS - began)) s"
pod images --format '{{.Repository}}:{{.Tag}} {{.Size}}' | grep -E 'hafs|debian'

say "start"
"$WORK/deploy/secrets.sh"
"$WORK/deploy/secrets.sh"
pages "$WORK/source" $((target * 2))
began=$SECONDS
compose up --detach --no-build postgres redis teacher
wait_for 120 well postgres
wait_for 60 well redis
echo "database and queue ready after $((SECONDS - began)) s"
compose up --detach --no-build coordinator-1 coordinator-2 proxy prometheus
wait_for 120 well coordinator-1
wait_for 60 well coordinator-2
wait_for 60 well proxy
echo "coordinators and proxy ready after $((SECONDS - began)) s"
compose run --rm join
compose run --rm join
compose up --detach --no-build worker
wait_for 120 well worker
echo "worker at work after $((SECONDS - began)) s"
wait_for 30 curl --silent --fail --noproxy '*' --max-time 5 "http://127.0.0.1:$HAFS_PORT/livez"
[ "$(curl --silent --noproxy '*' --output /dev/null --write-out '%{http_code}' "http://127.0.0.1:$HAFS_PORT/metrics")" = 404 ] ||
    fail "the proxy shows the metrics to the world"
pod inspect --format '{{.Name}} {{.Config.User}} read-only={{.HostConfig.ReadonlyRootfs}}' \
    hafs-coordinator-1-1 hafs-worker-1

say "a campaign of $target samples, through the proxy"
began=$SECONDS
factory --config /etc/hafs/proof.toml --data-dir /var/lib/hafs runs start --target "$target" --json | field "it['id']"
wait_for 300 has_accepted $((target / 4))
ids >"$WORK/before"
crash coordinator-1
wait_for 120 well coordinator-1
echo "coordinator-1 killed at $(wc -l <"$WORK/before") samples; ready again after $WAITED s"
wait_for 300 has_accepted $((target / 2))
ids >"$WORK/before"
crash redis
began_again=$SECONDS
# What waits for the queue may be refused meanwhile.
wait_for 120 accepted
wait_for 120 has_accepted $(($(accepted) + 1))
WAITED=$((SECONDS - began_again))
echo "Redis killed at $(wc -l <"$WORK/before") samples; samples come again after $WAITED s"
wait_for 600 is_finished
echo "finished after $((SECONDS - began)) s"

say "nothing is lost"
ids >"$WORK/after"
[ -z "$(comm -23 "$WORK/before" "$WORK/after")" ] || fail "samples that were accepted are gone"
[ "$(sort -u "$WORK/after" | wc -l)" -ge "$target" ] || fail "fewer than $target samples"
factory verify
factory export --json >"$WORK/export.json"
echo "accepted $(wc -l <"$WORK/after"); exported $(field "it.get('samples', it.get('manifest', {}).get('samples'))" <"$WORK/export.json")"
metrics_are_there

say "checks inside a container"
TOOLS=1 compose up --detach --no-build --no-deps worker
# A check is offered where the sandbox's own attacks were all refused, and the tool was tried behind its walls.
offers() { factory workers list --json | field "'\"check/$1\"' in json.dumps(it)" | grep -qx True; }
wait_for 120 offers cpp-compile
wait_for 10 offers ca65
pod logs hafs-worker-1 2>&1 | grep -o 'programs that check run behind .*' | tail -1

say "drain"
began=$SECONDS
# The worker first, as `depends_on` of compose.yaml has it: it hands back what it holds.
compose stop worker
compose stop coordinator-1 coordinator-2
for service in worker coordinator-1 coordinator-2; do
    code=$(pod inspect --format '{{.State.ExitCode}}' "hafs-$service-1")
    [ "$code" -eq 0 ] || fail "$service ended with $code, not by draining"
done
echo "all three drained and ended with 0 within $((SECONDS - began)) s"
say "the cluster holds what it promises"
