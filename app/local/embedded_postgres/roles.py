"""The roles and the database in a PostgreSQL that runs, ours or another."""

from dataclasses import dataclass
from typing import LiteralString
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict


@dataclass(frozen=True)
class Addresses:
    """Where the database answers, with passwords."""

    service: str
    owner: str  # Owns the database and runs the migrations.
    admin: str  # The superuser; never given to the service.


def prepare_database(admin: str, role_prefix: str, *, owner: str, service: str) -> Addresses:
    """Make what is missing of the two roles (with these passwords), the database named as the prefix, and its
    extension; `admin` is a superuser's address."""
    owner_role, service_role = f"{role_prefix}_owner", f"{role_prefix}_service"
    with psycopg.connect(admin, autocommit=True) as connection:
        _make_role(connection, owner_role, owner, "CREATEROLE")
        _make_role(connection, service_role, service, "NOCREATEROLE")
        for role in (owner_role, service_role):
            # Messages of errors may quote what a caller sent. The service logs an error's code itself.
            connection.execute(sql.SQL("ALTER ROLE {} SET log_min_messages = 'log'").format(sql.Identifier(role)))
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [role_prefix])
        if not found.fetchone():
            # Not every build has ICU, so the locale is C; the application sorts names by a key of its own.
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'").format(
                    sql.Identifier(role_prefix), sql.Identifier(owner_role)
                )
            )
    with psycopg.connect(admin, dbname=role_prefix, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        # A fresh database of 15 and newer has it so; a template may not.
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    server = conninfo_to_dict(admin)
    place = f"{server.get('host', '127.0.0.1')}:{server.get('port', 5432)}/{role_prefix}"
    return Addresses(
        service=f"postgresql://{service_role}:{quote(service, safe='')}@{place}",
        owner=f"postgresql://{owner_role}:{quote(owner, safe='')}@{place}",
        admin=admin,
    )


def _make_role(connection: psycopg.Connection, name: str, password: str, rights: LiteralString) -> None:
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
        return
    # The server, and with it its log, gets the hash only.
    hashed = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    connection.execute(
        sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB {} PASSWORD {}").format(
            sql.Identifier(name), sql.SQL(rights), hashed.decode()
        )
    )
