"""The second wall: row-level security by study centre, and how little the service's role may do."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
import sqlalchemy
from alembic import command
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import JSONB

from app.db.identifiers import new_id
from app.db.tables import metadata
from app.local.embedded_postgres import Addresses
from tests.migrations.conftest import alembic_config, database_beside, user_of

NOT_FORCED = {"callers"}
"""The owner's functions find the study centre of a caller in it."""
CENTRE_KEYS = {"study_centres": "id"}
TABLES = sorted(metadata.tables)
WALLED = sorted(set(TABLES) - NOT_FORCED)

READ, ADD, ADD_CHANGE = {"SELECT"}, {"SELECT", "INSERT"}, {"SELECT", "INSERT", "UPDATE"}
ADD_REMOVE = {"SELECT", "INSERT", "DELETE"}
RECEIVED = ("error", "learner_oid", "outcome", "person_id", "received_at", "received_by", "study_right_oid", "version")
RIGHTS = {
    "actor_names": {"SELECT"},
    "actors": READ,
    "alembic_version": READ,
    "allotment_requests": ADD_CHANGE,
    "api_keys": ADD_CHANGE,
    "audit_entries": ADD,
    "bank_account_changes": ADD_CHANGE,
    "calendar_feed_events": ADD_CHANGE | ADD_REMOVE,
    "calendar_feeds": ADD_CHANGE | ADD_REMOVE,
    "callers": {"INSERT"},
    "case_attachments": ADD_REMOVE,
    "case_comments": ADD,
    "certificate_batches": ADD,
    "certificates": ADD,
    "completions": ADD,
    "contact_assignments": ADD_CHANGE | ADD_REMOVE,
    "cost_statement_attachments": ADD_REMOVE,
    "cost_statements": ADD_CHANGE,
    "deadline_extensions": ADD_REMOVE,
    "deadlines": ADD_CHANGE | ADD_REMOVE,
    "decision_plan_rows": ADD_REMOVE,
    "decision_plans": ADD_CHANGE,
    "email_verifications": ADD_CHANGE | ADD_REMOVE,
    "enrolments": ADD_CHANGE | ADD_REMOVE,
    "figure_exchanges": ADD_CHANGE,
    "hour_balances": READ,
    "hour_corrections": ADD,
    "hour_decision_letters": ADD,
    "hour_decisions": ADD,
    "hour_distributions": ADD_CHANGE,
    "badge_applications": ADD_CHANGE,
    "badge_definitions": ADD_CHANGE,
    "badge_images": ADD_CHANGE,
    "hour_pools": READ,
    "hour_proposal_lines": ADD_REMOVE,
    "hour_proposal_revisions": ADD,
    "hour_proposals": ADD_CHANGE,
    "hour_returns": ADD,
    "hour_transfers": READ,
    "ledger_accounts_overdrawn": READ,
    "ledger_balances_astray": READ,
    "ledger_pools_astray": READ,
    "hours_left_open": READ,
    "references_astray": READ,
    "ledger_years_astray": READ,
    "main_user_application_documents": ADD,
    "main_user_application_signatures": ADD_CHANGE,
    "main_user_application_signed_documents": ADD,
    "main_user_applications": ADD_CHANGE,
    "koski_consent_wordings": ADD,
    "koski_consents": ADD_CHANGE,
    "koski_export_items": ADD,
    "koski_exports": ADD,
    "mail_obstacles": ADD_REMOVE,
    "mail_preferences": ADD_CHANGE | ADD_REMOVE,
    "mails": ADD_CHANGE | ADD_REMOVE,
    "messages": ADD_CHANGE,
    "onboardings": ADD_CHANGE,
    "organisation_ancestors": ADD_REMOVE,
    "organisation_confirmations": ADD,
    "organisation_images": ADD_CHANGE | ADD_REMOVE,
    "organisations": ADD_CHANGE,
    "outbox": ADD,
    "participant_readers": ADD_CHANGE,
    "participation_claims": ADD,
    "payment_account_changes": ADD_CHANGE,
    "peer_group_quotas": ADD,
    "persons": ADD_CHANGE,
    "regional_offices": ADD_CHANGE,
    "reminder_settings": ADD_CHANGE,
    "role_applications": ADD_CHANGE,
    "role_invitations": ADD_CHANGE,
    "role_grants": ADD_CHANGE,
    "signatories": ADD_CHANGE,
    "stored_answers": ADD_REMOVE,
    "study_centre_logos": ADD_CHANGE | ADD_REMOVE,
    "study_centre_signature_images": ADD_CHANGE | ADD_REMOVE,
    "study_centres": READ,
    "study_register_shares": ADD,
    "supplementary_hour_requests": ADD_CHANGE,
    "support_rules": ADD_CHANGE,
    "token_mails": ADD_REMOVE,
    "topic_classes": ADD_CHANGE,
    "training_changes": ADD_CHANGE,
    "training_documents": ADD,
    "training_model_comments": ADD,
    "training_model_reviews": ADD,
    "training_model_versions": ADD_CHANGE,
    "training_models": ADD_CHANGE,
    "training_participants": ADD_CHANGE | ADD_REMOVE,
    "training_figure_parts": READ,
    "training_figure_revisions": READ,
    "training_figure_totals": READ,
    "training_figures": READ,
    "training_figures_astray": READ,
    "training_figures_recomputed": READ,
    "training_rules": ADD_CHANGE,
    "training_strategies": ADD_CHANGE,
    "training_strategy_contributions": ADD,
    "training_strategy_follow_ups": ADD_CHANGE,
    "training_strategy_revisions": ADD,
    "trainings": ADD_CHANGE,
}
"""All that the service's role may do to whole tables; a transfer it may only read."""

Admin = psycopg.Connection[Any]


def test_every_table_is_forced_behind_the_one_policy(admin: Admin) -> None:
    rows = admin.execute(
        """
        SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
            array_agg(p.polcmd::text || p.polpermissive::text || pg_get_expr(p.polqual, p.polrelid)
                || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')) FILTER (WHERE p.oid IS NOT NULL)
        FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polroles = '{0}'
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace GROUP BY c.oid ORDER BY 1
        """
    ).fetchall()
    found = {name: (on, forced, policies) for name, on, forced, policies in rows if name != "alembic_version"}
    assert found == {
        table: (
            True,
            table not in NOT_FORCED,
            [f"*true({CENTRE_KEYS.get(table, 'study_centre_id')} = own_study_centre())"],
        )
        for table in TABLES
    }


def test_views_use_the_rights_of_the_caller(admin: Admin) -> None:
    """Otherwise a view would show what its owner sees."""
    rows = admin.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace "
        "AND NOT coalesce('security_invoker=true' = ANY (reloptions), false) AND relname NOT LIKE 'pg\\_%'"
    ).fetchall()
    assert rows == []


def test_keys_include_the_study_centre(admin: Admin) -> None:
    """Foreign key checks ignore policies: only keys with the study centre keep rows of two centres apart."""
    rows = admin.execute(
        """
        SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
        WHERE i.indisunique AND c.relkind = 'r' AND NOT EXISTS (
            SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'study_centre_id'
                AND a.attnum = ANY (i.indkey))
        """
    ).fetchall()
    assert set(rows) == {
        ("alembic_version", "alembic_version_pkc"),
        ("callers", "callers_key_hash_once"),
        ("callers", "callers_sign_in_once"),
        ("study_centres", "study_centres_pkey"),
        # Public addresses begin with it.
        ("study_centres", "study_centres_slug_once"),
    }
    loose = admin.execute(
        """
        SELECT c.conname FROM pg_constraint c
        WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace
            AND c.confrelid <> 'study_centres'::regclass AND NOT EXISTS (
                SELECT FROM unnest(c.conkey, c.confkey) k (here, there)
                JOIN pg_attribute a ON (a.attrelid, a.attnum) = (c.conrelid, k.here)
                JOIN pg_attribute b ON (b.attrelid, b.attnum) = (c.confrelid, k.there)
                WHERE a.attname = 'study_centre_id' AND b.attname = 'study_centre_id')
        """
    ).fetchall()
    assert loose == []


def test_the_owner_is_bound_by_the_policies(admin: Admin, head_database: Addresses) -> None:
    """FORCE affects neither superusers nor BYPASSRLS."""
    for address in (head_database.owner, head_database.service):
        assert admin.execute(
            "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = %s", [user_of(address)]
        ).fetchall() == [(False, False)]


def test_the_service_owns_nothing_and_has_only_the_rights_it_needs(admin: Admin, head_database: Addresses) -> None:
    role = user_of(head_database.service)
    assert (
        admin.execute(
            "SELECT FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid WHERE r.rolname = %s AND d.deptype = 'o'",
            [role],
        ).fetchall()
        == []
    )
    assert (
        admin.execute(
            "SELECT FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = %s", [role]
        ).fetchall()
        == []
    )
    assert admin.execute(
        "SELECT has_schema_privilege(%s, 'public', 'CREATE'), "
        "has_database_privilege(%s, current_database(), 'CREATE'), rolcreaterole, rolcreatedb "
        "FROM pg_roles WHERE rolname = %s",
        [role, role, role],
    ).fetchall() == [(False,) * 4]
    rights = admin.execute(
        """
        SELECT c.relname, array_agg(p.name)
        FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
            p (name)
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND has_table_privilege(%s, c.oid, p.name)
        GROUP BY 1
        """,
        [role],
    ).fetchall()
    assert {name: set(names) for name, names in rights} == RIGHTS
    columns = admin.execute(
        """
        SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
            AND has_column_privilege(%s, c.oid, a.attnum, 'UPDATE') AND NOT has_table_privilege(%s, c.oid, 'UPDATE')
        """,
        [role, role],
    ).fetchall()
    assert sorted(columns) == [
        ("certificate_batches.certificate_ids",),
        ("certificate_batches.certificates",),
        ("certificate_batches.failure",),
        ("certificate_batches.finished_at",),
        ("certificate_batches.state",),
        ("certificates.ended_at",),
        ("certificates.ended_by",),
        ("certificates.reason",),
        ("certificates.state",),
        ("completions.state",),
        ("hour_returns.cancelled_at",),
        ("hour_returns.cancelled_by",),
        ("hour_returns.handler_id",),
        ("hour_returns.state",),
        *((f"koski_export_items.{name}",) for name in RECEIVED),
        ("koski_exports.concluded_at",),
        ("koski_exports.file_read_at",),
        ("koski_exports.state",),
        ("organisation_confirmations.person_id",),
        ("outbox.mails_made_at",),
        ("participation_claims.decided_at",),
        ("participation_claims.decided_by",),
        ("participation_claims.ended_at",),
        ("participation_claims.ended_by",),
        ("participation_claims.participant_id",),
        ("participation_claims.person_id",),
        ("participation_claims.reason",),
        ("participation_claims.state",),
        ("study_centres.address",),
        ("study_centres.business_id",),
        ("study_centres.certificate_signatory",),
        ("study_centres.clock_at",),
        ("study_centres.completion_years",),
        ("study_centres.decisions_by_two",),
        ("study_centres.decisions_by_two_until",),
        ("study_centres.koski",),
        ("study_centres.name",),
        ("study_centres.name_en",),
        ("study_centres.name_sv",),
        ("study_centres.participants_kept_months",),
        ("study_centres.privacy_notice_url",),
        ("study_centres.slug",),
        ("study_centres.website",),
        ("study_register_shares.ended_at",),
        ("study_register_shares.person_id",),
        ("training_model_comments.closed_at",),
        ("training_model_comments.closed_by",),
        ("training_model_reviews.ended_at",),
        ("training_model_reviews.given_at",),
        ("training_model_reviews.opinion",),
        ("training_model_reviews.person_id",),
        ("training_model_reviews.text",),
    ]


def test_only_the_service_calls_functions_with_their_owners_rights(admin: Admin, head_database: Addresses) -> None:
    functions = admin.execute(
        "SELECT proname, has_function_privilege('public', oid, 'EXECUTE'), has_function_privilege(%s, oid, 'EXECUTE'), "
        "coalesce(proconfig::text, ''), prorettype = 'trigger'::regtype "
        "FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace",
        [user_of(head_database.service)],
    ).fetchall()
    assert len(functions) >= 6
    for name, everybody, service, setting, is_trigger in functions:
        # Nobody calls a trigger; a right to it would let the role put it on a table of its own.
        assert (everybody, service) == (False, not is_trigger), name
        assert "search_path=public, pg_temp" in setting, name


@dataclass(frozen=True)
class Walled:
    addresses: Addresses
    own: UUID
    other: UUID


@pytest.fixture(scope="module")
def walled(postgres_cluster: Addresses) -> Iterator[Walled]:
    """A row of each of two study centres in every table, without all other constraints: only the walls are tested."""
    with database_beside(postgres_cluster) as addresses:
        command.upgrade(alembic_config(addresses.owner, addresses.service), "head")
        walled = Walled(addresses, own=new_id(), other=new_id())
        with psycopg.connect(addresses.admin, autocommit=True) as admin:
            constraints = admin.execute(
                "SELECT conrelid::regclass::text, conname FROM pg_constraint "
                "WHERE contype IN ('c', 'f', 'x') AND connamespace = 'public'::regnamespace AND conrelid <> 0"
            ).fetchall()
            for table, name in constraints:
                admin.execute(
                    sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(name))
                )
            # Triggers must not write further rows either.
            admin.execute("SET session_replication_role = replica")
            for centre in (walled.own, walled.other):
                for table in TABLES:
                    insert(admin, table, some_row(table, centre))
        yield walled


SOME_VALUES: dict[type, object] = {
    sqlalchemy.Integer: 1,
    sqlalchemy.BigInteger: 1,
    sqlalchemy.SmallInteger: 2023,
    sqlalchemy.Boolean: True,
    sqlalchemy.Date: "2023-03-15",
    sqlalchemy.DateTime: "2023-03-15",
    sqlalchemy.ARRAY: ["hours:read"],
    JSONB: Jsonb({}),
    sqlalchemy.ARRAY: "{}",
}


def some_row(table: str, centre: UUID) -> dict[str, object]:
    row: dict[str, object] = {}
    for column in metadata.tables[table].columns:
        if column.identity is None:
            # Ids, texts and bytes are each written as a new id, so that no keys collide.
            row[column.name] = SOME_VALUES.get(type(column.type), str(new_id()))
    return row | {CENTRE_KEYS.get(table, "study_centre_id"): centre}


def insert(connection: psycopg.Connection[Any], table: str, row: dict[str, object]) -> None:
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join([sql.Placeholder()] * len(row)),
        ),
        list(row.values()),
    )


@contextmanager
def seeing(address: str, centre: UUID | None) -> Iterator[psycopg.Connection[Any]]:
    """As the service connects: the centre in the start options, or none (the lobby)."""
    options = f"-c app.study_centre_id={centre}" if centre else ""
    with psycopg.connect(address, options=options, autocommit=True) as connection:
        yield connection


def centres_seen(connection: psycopg.Connection[Any], table: str) -> list[UUID]:
    column = sql.Identifier(CENTRE_KEYS.get(table, "study_centre_id"))
    rows = connection.execute(sql.SQL("SELECT {} FROM {}").format(column, sql.Identifier(table))).fetchall()
    return [row[0] for row in rows]


def test_the_lobby_sees_and_writes_nothing(walled: Walled) -> None:
    with seeing(walled.addresses.service, None) as service, seeing(walled.addresses.owner, None) as owner:
        for table in WALLED:
            assert centres_seen(service, table) == [], table
            assert centres_seen(owner, table) == [], table
            with pytest.raises(InsufficientPrivilege, match="row-level security"):
                insert(owner, table, some_row(table, walled.own))
        with pytest.raises(InsufficientPrivilege):
            centres_seen(service, "callers")


def test_another_centres_rows_are_neither_seen_nor_written(walled: Walled) -> None:
    """Even its owner, with every right on the tables, touches only the rows of its own centre."""
    own, other = walled.own, walled.other
    with seeing(walled.addresses.service, own) as service, seeing(walled.addresses.owner, own) as owner:
        for table in WALLED:
            name, column = sql.Identifier(table), sql.Identifier(CENTRE_KEYS.get(table, "study_centre_id"))
            assert centres_seen(service, table) == [own], table
            assert centres_seen(owner, table) == [own], table
            with pytest.raises(InsufficientPrivilege, match="row-level security"):
                insert(owner, table, some_row(table, other))
            change = sql.SQL("UPDATE {} SET {} = %s").format(name, column)
            with pytest.raises(InsufficientPrivilege, match="row-level security"):
                owner.execute(change, [other])
            assert owner.execute(change, [own]).rowcount == 1, table
            with owner.transaction(force_rollback=True):
                assert owner.execute(sql.SQL("DELETE FROM {}").format(name)).rowcount == 1, table
        for table, rights in RIGHTS.items():
            if "INSERT" in rights:
                with pytest.raises(InsufficientPrivilege, match="row-level security"):
                    insert(service, table, some_row(table, other))


def test_the_ledger_is_written_through_its_function_only(walled: Walled) -> None:
    with seeing(walled.addresses.service, walled.own) as service:
        for table in ("hour_pools", "hour_balances", "hour_transfers"):
            for statement in ("UPDATE {} SET year = year", "DELETE FROM {}", "TRUNCATE {}"):
                with pytest.raises(InsufficientPrivilege, match="permission denied"):
                    service.execute(sql.SQL(statement).format(sql.Identifier(table)))
            with pytest.raises(InsufficientPrivilege, match="permission denied"):
                insert(service, table, some_row(table, walled.own))
