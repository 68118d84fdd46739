"""Mails with a token, encrypted until they are handed over, and mails to an address without a person."""

from alembic import op

revision = "mailed_tokens"
down_revision = "finite_times"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE mails ADD COLUMN sealed_token bytea;
        -- Only invitations, which are new, have no recipient among the people.
        -- squawk-ignore ban-drop-not-null
        ALTER TABLE mails ALTER COLUMN person_id DROP NOT NULL;
        -- The mails are read through once.
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE mails ADD CONSTRAINT mails_recipient_known
            CHECK (person_id IS NOT NULL OR event = 'role-invitation.made');
        COMMENT ON COLUMN mails.sealed_token IS
            'Encrypted. Such a mail goes to the address of its row.';
    """)


def downgrade() -> None:
    op.execute("""
        ALTER TABLE mails NO FORCE ROW LEVEL SECURITY;
        DELETE FROM mails WHERE person_id IS NULL;
        ALTER TABLE mails FORCE ROW LEVEL SECURITY;
        ALTER TABLE mails DROP CONSTRAINT mails_recipient_known;
        ALTER TABLE mails ALTER COLUMN person_id SET NOT NULL;
        ALTER TABLE mails DROP COLUMN sealed_token;
    """)
