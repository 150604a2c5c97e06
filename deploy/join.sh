#!/bin/sh
# Makes the one-time token that the worker of compose.yaml joins with. A worker that has joined needs none, and a second
# run changes nothing.
set -eu
token=/run/hafs/worker.token

if [ -e /worker/spool/credential.json ] && [ -e "$token" ]; then
    echo "the worker has joined"
    exit 0
fi
umask 077
hafs-factory token create --scope join --name compose --ttl 1h >"$token.new"
mv "$token.new" "$token"
echo "made a token that is valid for an hour"
