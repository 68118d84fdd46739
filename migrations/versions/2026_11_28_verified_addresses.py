"""Email addresses are verified, and only verified ones are unique; links that verify them."""

from uuid import UUID

import idna
from alembic import context, op
from sqlalchemy import Connection, text

from migrations.tables import create_table

revision = "verified_addresses"
down_revision = "answers_by_age"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE persons ADD COLUMN verified_email text, ADD COLUMN verified_email_key text,
            ADD COLUMN verified_at timestamptz;
        COMMENT ON COLUMN persons.verified_email IS 'Where emails go: the last address that was verified, as written.';
        COMMENT ON COLUMN persons.verified_email_key IS 'The same for all ways of writing one address.';
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE persons ADD CONSTRAINT persons_verified_email_complete
            CHECK (num_nulls(verified_email, verified_email_key, verified_at) IN (0, 3));
        ALTER TABLE persons NO FORCE ROW LEVEL SECURITY;
    """)
    if not context.is_offline_mode():
        verify_present_addresses(op.get_bind())
    op.execute("""
        ALTER TABLE persons FORCE ROW LEVEL SECURITY;
        -- People are few: what is looked through here takes milliseconds.
        -- squawk-ignore require-concurrent-index-deletion
        DROP INDEX persons_email_once;
        -- squawk-ignore require-concurrent-index-creation
        CREATE UNIQUE INDEX persons_verified_email_once ON persons (study_centre_id, verified_email_key)
            WHERE merged_into IS NULL;
    """)
    create_table(
        "email_verifications",
        """
        id uuid NOT NULL,
        person_id uuid NOT NULL,
        email text NOT NULL,
        cause text NOT NULL
            CONSTRAINT email_verifications_cause_known CHECK (cause IN ('registered', 'changed', 'requested')),
        digest bytea NOT NULL,
        state text NOT NULL DEFAULT 'open' CONSTRAINT email_verifications_state_known
            CHECK (state IN ('open', 'used', 'replaced', 'withdrawn')),
        made_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        concluded_at timestamptz,
        CONSTRAINT email_verifications_digest_once UNIQUE (study_centre_id, digest),
        CONSTRAINT email_verifications_concluded CHECK ((state = 'open') = (concluded_at IS NULL))
        """,
        references={"person_id": "persons"},
        rights="SELECT, INSERT, UPDATE, DELETE",
    )
    op.execute("""
        CREATE INDEX email_verifications_of_person ON email_verifications (study_centre_id, person_id, id);
        CREATE UNIQUE INDEX email_verifications_one_open ON email_verifications (study_centre_id, person_id)
            WHERE state = 'open';
        COMMENT ON COLUMN email_verifications.digest IS 'SHA-256 of the token, which only the email shows.';
    """)


def downgrade() -> None:
    """Where people have the same address, the one who verified it keeps it, or else the oldest."""
    op.execute("""
        DROP TABLE email_verifications;
        DROP INDEX persons_verified_email_once;
        ALTER TABLE persons NO FORCE ROW LEVEL SECURITY;
    """)
    if not context.is_offline_mode():
        lower_addresses(op.get_bind())
    op.execute("""
        UPDATE persons SET email = persons.id || '@unverified.invalid'
        FROM (
            SELECT study_centre_id, id, row_number() OVER (
                PARTITION BY study_centre_id, email
                ORDER BY verified_email IS NOT DISTINCT FROM email DESC, created_at, id
            ) AS place
            FROM persons WHERE merged_into IS NULL
        ) of_address
        WHERE (persons.study_centre_id, persons.id) = (of_address.study_centre_id, of_address.id)
            AND of_address.place > 1;
        ALTER TABLE persons FORCE ROW LEVEL SECURITY;
        ALTER TABLE persons DROP COLUMN verified_email, DROP COLUMN verified_email_key, DROP COLUMN verified_at;
        CREATE UNIQUE INDEX persons_email_once ON persons (study_centre_id, email) WHERE merged_into IS NULL;
    """)


def verify_present_addresses(connection: Connection) -> None:
    """Count the addresses of all study centres as verified. Of two that are one and the same now, the older is.

    The table is locked meanwhile: one statement writes all people of a study centre.
    """
    people = connection.execute(
        text(
            "SELECT study_centre_id, id, email FROM persons WHERE merged_into IS NULL AND erased_at IS NULL "
            "ORDER BY created_at, id"
        )
    )
    verified: dict[UUID, dict[str, UUID]] = {}
    for centre, person_id, email in people:
        verified.setdefault(centre, {}).setdefault(key_of(email), person_id)
    for centre, of_key in verified.items():
        connection.execute(
            text(
                "UPDATE persons SET verified_email = email, verified_email_key = v.key, verified_at = now() "
                "FROM unnest(CAST(:ids AS uuid[]), CAST(:keys AS text[])) v (id, key) "
                "WHERE study_centre_id = :centre AND persons.id = v.id"
            ),
            {"centre": centre, "ids": list(of_key.values()), "keys": list(of_key)},
        )


def lower_addresses(connection: Connection) -> None:
    """0.2.0 stores and finds addresses in lower case. (PostgreSQL's `lower()` depends on the database's locale.)"""
    people = connection.execute(text("SELECT study_centre_id, id, email, verified_email FROM persons"))
    lowered: dict[UUID, list[tuple[UUID, str, str | None]]] = {}
    for centre, person_id, email, verified_email in people:
        lower = email.lower(), verified_email and verified_email.lower()
        if lower != (email, verified_email):
            lowered.setdefault(centre, []).append((person_id, *lower))
    for centre, rows in lowered.items():
        ids, emails, verified_emails = (list(column) for column in zip(*rows, strict=True))
        connection.execute(
            text(
                "UPDATE persons SET email = l.email, verified_email = l.verified_email "
                "FROM unnest(CAST(:ids AS uuid[]), CAST(:emails AS text[]), CAST(:verified_emails AS text[])) "
                "l (id, email, verified_email) WHERE study_centre_id = :centre AND persons.id = l.id"
            ),
            {"centre": centre, "ids": ids, "emails": emails, "verified_emails": verified_emails},
        )


def key_of(address: str) -> str:
    """As `app.delivery.addresses.key_of` was when this was written."""
    local, _, domain = address.rpartition("@")
    try:
        domain = idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        domain = domain.casefold()
    return f"{local.casefold()}@{domain}"
