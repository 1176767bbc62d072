#!/bin/sh
# Run once, when the volume is new: for each service a database of its own, which no other service may enter.
set -eu
for service in account blog comment; do
    # psql's own shell reads it, so that it is no argument, which all processes may see.
    export service
    test -s "/run/secrets/$service-database"
    psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 --set=service="$service" --username postgres --dbname postgres <<'SQL'
\set password `cat "/run/secrets/$service-database"`
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service" ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE :"service" FROM PUBLIC;
SQL
done
