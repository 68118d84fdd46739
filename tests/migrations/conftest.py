"""Databases apart from the one that the other tests share: these tests change them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from app.db.identifiers import new_id
from app.local.embedded_postgres import Addresses


def user_of(address: str) -> str:
    return str(conninfo_to_dict(address)["user"])


def alembic_config(owner_address: str, service_address: str) -> Config:
    config = Config("alembic.ini")
    config.attributes["address"] = owner_address
    config.attributes["role_prefix"] = user_of(service_address).removesuffix("_service")
    return config


@contextmanager
def database_beside(cluster: Addresses) -> Iterator[Addresses]:
    """An empty database in the same cluster, with the same roles."""
    name = f"beside_{new_id().hex}"
    with psycopg.connect(cluster.admin, autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'").format(
                sql.Identifier(name), sql.Identifier(user_of(cluster.owner))
            )
        )
        try:
            with psycopg.connect(cluster.admin, dbname=name, autocommit=True) as inside:
                inside.execute("CREATE EXTENSION btree_gist")
            owner = cluster.owner.rpartition("/")[0] + f"/{name}"
            service = cluster.service.rpartition("/")[0] + f"/{name}"
            yield replace(cluster, owner=owner, service=service, admin=make_conninfo(cluster.admin, dbname=name))
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def empty_database(postgres_cluster: Addresses) -> Iterator[Addresses]:
    with database_beside(postgres_cluster) as addresses:
        yield addresses


@pytest.fixture(scope="module")
def head_database(postgres_cluster: Addresses) -> Iterator[Addresses]:
    """At the newest migration, without data."""
    with database_beside(postgres_cluster) as addresses:
        command.upgrade(alembic_config(addresses.owner, addresses.service), "head")
        yield addresses


@pytest.fixture
def admin(head_database: Addresses) -> Iterator[psycopg.Connection[Any]]:
    """The superuser, to whom no policy applies: it sees everything."""
    with psycopg.connect(head_database.admin, autocommit=True) as connection:
        yield connection
