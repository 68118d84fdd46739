#!/bin/sh
# Makes the two roles and the database at the first start of PostgreSQL: the owner migrates, the service owns nothing.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner_password="$OWNER_PASSWORD" --set service_password="$SERVICE_PASSWORD" <<'SQL'
CREATE ROLE tuntipankki_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB CREATEROLE PASSWORD :'owner_password';
CREATE ROLE tuntipankki_service LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'service_password';
-- Messages of errors may quote what a caller sent. The service logs an error's code itself.
ALTER ROLE tuntipankki_owner SET log_min_messages = 'log';
ALTER ROLE tuntipankki_service SET log_min_messages = 'log';
CREATE DATABASE tuntipankki OWNER tuntipankki_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';
\connect tuntipankki
CREATE EXTENSION btree_gist;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SQL
