#!/bin/sh
# secrets.sh: the passwords of compose.yaml, drawn at random, each in a file of docker/secrets. Those that are there stay.
# The folder keeps this machine's other users out; a file is readable because it belongs to nobody inside a container.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
for name in postgres account-database blog-database comment-database account-key administrator grafana; do
    if [ ! -s "secrets/$name" ]; then
        head -c 24 /dev/urandom | base64 | tr '+/' '-_' > "secrets/.$name"
        chmod 0444 "secrets/.$name"
        mv "secrets/.$name" "secrets/$name"
        echo "drawn: docker/secrets/$name"
    fi
done
