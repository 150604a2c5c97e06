#!/bin/bash
# Does what the image of PostgreSQL does: makes the database once, runs what prepares it, then serves.
set -euo pipefail
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    # shellcheck disable=SC2086 # several words
    initdb --username postgres --pwfile "$POSTGRES_PASSWORD_FILE" --auth-local=trust $POSTGRES_INITDB_ARGS >/dev/null
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    pg_ctl -w -o "-c listen_addresses='' -k /var/run/postgresql" start >/dev/null
    for script in /docker-entrypoint-initdb.d/*.sh; do
        PGHOST=/var/run/postgresql bash "$script"
    done
    pg_ctl -w -m fast stop >/dev/null
fi
exec "$@" -k /var/run/postgresql -c "listen_addresses=*"
