#!/bin/bash
# Run once, by the image of PostgreSQL, in an empty database: a user that owns one database and nothing else.
set -euo pipefail
psql --set ON_ERROR_STOP=1 --username postgres --set password="$(cat /run/secrets/factory_password)" <<'SQL'
CREATE ROLE factory LOGIN PASSWORD :'password';
CREATE DATABASE factory OWNER factory ENCODING 'UTF8' TEMPLATE template0;
\connect factory
CREATE EXTENSION IF NOT EXISTS vector;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO factory;
SQL
