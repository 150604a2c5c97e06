#!/bin/sh
# Makes the one-time token that the worker of compose.yaml joins with. A worker that has joined needs none, and a second
# run changes nothing.
set -eu
token=/run/hafs/worker.token

if [ -e "$token" ] && [ -e /worker/spool/credential.json ]; then
    echo "the worker has joined"
    exit 0
fi
if [ -n "$(find "$token" -mmin -30 2>/dev/null)" ]; then
    echo "there is a token that the worker has not used yet"
    exit 0
fi
umask 077
hafs-factory token create --scope join --name compose --ttl 1h >"$token.new"
mv "$token.new" "$token"
echo "made a token that is valid for an hour"
