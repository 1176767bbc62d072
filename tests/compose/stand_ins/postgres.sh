#!/bin/sh
# Stands in for the entrypoint of PostgreSQL's image, which cannot be fetched here; PostgreSQL itself is a real one. It does
# what compose.yaml relies on: a new database is set up on its socket alone, with the password of POSTGRES_PASSWORD_FILE and
# by the scripts in /docker-entrypoint-initdb.d; then it serves by that password.
set -eu
export PGHOST=/var/run/postgresql PGDATA=/tmp/data
if [ ! -d "$PGDATA" ]; then
    initdb --username=postgres --auth-local=trust --auth-host=scram-sha-256 --pwfile="$POSTGRES_PASSWORD_FILE" > /dev/null
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    pg_ctl start --wait --options="-c listen_addresses='' -k $PGHOST" --log /tmp/setup.log
    for script in /docker-entrypoint-initdb.d/*.sh; do sh "$script"; done
    pg_ctl stop --wait
fi
exec postgres -k "$PGHOST" -c "listen_addresses=*"
