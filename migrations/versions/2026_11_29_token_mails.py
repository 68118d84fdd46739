"""How many emails with a token an address gets in a day, counted by its digest: the count outlives an erasure.

A link that verifies an address goes to nobody of the people, like an invitation.
"""

from alembic import op

from migrations.tables import create_table

revision = "token_mails"
down_revision = "pool_last"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        -- A wider one takes its place.
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE mails DROP CONSTRAINT mails_recipient_known;
        -- The mails are read through once.
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE mails ADD CONSTRAINT mails_recipient_known
            CHECK (person_id IS NOT NULL OR event IN ('role-invitation.made', 'email-verification.sent'));
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
        ALTER TABLE mails DROP CONSTRAINT mails_recipient_known;
        ALTER TABLE mails NO FORCE ROW LEVEL SECURITY;
        DELETE FROM mails WHERE person_id IS NULL AND event <> 'role-invitation.made';
        ALTER TABLE mails FORCE ROW LEVEL SECURITY;
        -- The mails are read through once.
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE mails ADD CONSTRAINT mails_recipient_known
            CHECK (person_id IS NOT NULL OR event = 'role-invitation.made');
    """)
