#!/usr/bin/env bash
# Makes the secrets of compose.yaml, each in a file of its own in deploy/secrets. What is there stays as it is, so it
# can be run as often as one likes. Needs openssl.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
# Nobody but the owner gets into the folder; inside, files are readable, because each container has a user of its own
# and sees only the files that it is given.
chmod 0700 secrets

# keep NAME: writes standard input to a new secret; an old one stays.
keep() {
    if [ -s "secrets/$1" ]; then
        cat >/dev/null
    else
        cat >"secrets/$1.new"
        chmod 0444 "secrets/$1.new"
        mv "secrets/$1.new" "secrets/$1"
        echo "made secrets/$1"
    fi
}

random() { openssl rand -hex 24; }
sha256() { printf %s "$1" | openssl dgst -sha256 -r | cut -d' ' -f1; }

random | keep postgres_password
random | keep factory_password
random | keep redis_password
random | keep grafana_password
printf 'postgres://factory:%s@postgres:5432/factory\n' "$(cat secrets/factory_password)" | keep library
printf 'redis://factory:%s@redis:6379\n' "$(cat secrets/redis_password)" | keep queue
# Only hashes stand in the list of users. `health` may ask whether the server is there, and nothing else.
{
    echo 'user default off'
    echo 'user health on nopass resetkeys resetchannels -@all +ping'
    echo "user factory on #$(sha256 "$(cat secrets/redis_password)") resetkeys ~{hafs:hafs}:* resetchannels &{hafs:hafs}:* -@all +@connection -@dangerous +@scripting +@hash +@set +@sortedset +info +config|get +publish +subscribe +unsubscribe +unlink +exists +rename +expire +persist +ttl"
} | keep redis_acl
