"""Mails with a token, encrypted until they are handed over, and mails to an address without a person.

How many of them an address gets in a day is counted by the digest of the address, apart from people and invitations:
the count outlives an erasure.
"""

from alembic import op

from migrations.tables import create_table

revision = "mailed_tokens"
down_revision = "finite_times"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE mails ADD COLUMN sealed_token bytea;
        -- Only mails with a token, which are new, have no recipient among the people.
        -- squawk-ignore ban-drop-not-null
        ALTER TABLE mails ALTER COLUMN person_id DROP NOT NULL;
        -- The mails are read through once.
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE mails ADD CONSTRAINT mails_recipient_known
            CHECK (person_id IS NOT NULL OR event IN ('role-invitation.made', 'email-verification.sent'));
        COMMENT ON COLUMN mails.sealed_token IS
            'Encrypted. Such a mail goes to the address of its row.';
    """)
    create_table(
        "token_mails",
        """
        id uuid NOT NULL,
        event text NOT NULL,
        address_digest bytea NOT NULL,
        made_at timestamptz NOT NULL,
        counted_at timestamptz NOT NULL DEFAULT clock_timestamp()
        """,
        rights="SELECT, INSERT, DELETE",
    )
    op.execute("""
        CREATE INDEX token_mails_of_address ON token_mails (study_centre_id, address_digest, event, made_at);
        COMMENT ON COLUMN token_mails.address_digest IS 'The same for all ways of writing one address.';
        COMMENT ON COLUMN token_mails.counted_at IS 'By real time: the row is removed some days later.';
    """)


def downgrade() -> None:
    op.execute("""
        DROP TABLE token_mails;
        ALTER TABLE mails NO FORCE ROW LEVEL SECURITY;
        DELETE FROM mails WHERE person_id IS NULL;
        ALTER TABLE mails FORCE ROW LEVEL SECURITY;
        ALTER TABLE mails DROP CONSTRAINT mails_recipient_known;
        ALTER TABLE mails ALTER COLUMN person_id SET NOT NULL;
        ALTER TABLE mails DROP COLUMN sealed_token;
    """)
