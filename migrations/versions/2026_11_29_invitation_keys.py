"""Invitations to one address are found however the address is written."""

from alembic import context, op
from sqlalchemy import Connection, text

revision = "invitation_keys"
down_revision = "token_mails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE role_invitations ADD COLUMN email_key text;
        COMMENT ON COLUMN role_invitations.email_key IS 'The same for all ways of writing one address.';
        ALTER TABLE role_invitations NO FORCE ROW LEVEL SECURITY;
    """)
    if not context.is_offline_mode():
        add_keys(op.get_bind())
    op.execute("""
        ALTER TABLE role_invitations FORCE ROW LEVEL SECURITY;
        -- Invitations are few.
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE role_invitations ADD CONSTRAINT role_invitations_email_complete
            CHECK ((email IS NULL) = (email_key IS NULL));
    """)


def downgrade() -> None:
    op.execute("ALTER TABLE role_invitations DROP COLUMN email_key")


def add_keys(connection: Connection) -> None:
    key_of = context.script.get_revision("verified_addresses").module.key_of
    invitations = connection.execute(
        text("SELECT study_centre_id, id, email FROM role_invitations WHERE email IS NOT NULL")
    )
    for centre, invitation_id, email in invitations.all():
        connection.execute(
            text("UPDATE role_invitations SET email_key = :key WHERE study_centre_id = :centre AND id = :id"),
            {"centre": centre, "id": invitation_id, "key": key_of(email)},
        )
