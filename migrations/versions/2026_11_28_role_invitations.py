"""Invitations to a role, by a token that an email brings."""

from alembic import op

from migrations.tables import create_table

revision = "role_invitations"
down_revision = "mail_deliveries"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_table(
        "role_invitations",
        """
        id uuid NOT NULL,
        organisation_id uuid NOT NULL,
        role text NOT NULL CONSTRAINT role_invitations_role_known CHECK (role IN ('unit_manager', 'training_manager')),
        email text,
        reason text,
        state text NOT NULL
            CONSTRAINT role_invitations_state_known CHECK (state IN ('open', 'accepted', 'withdrawn')),
        token_digest bytea NOT NULL,
        invited_by uuid NOT NULL,
        invited_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        accepted_by uuid,
        accepted_at timestamptz,
        role_grant_id uuid,
        withdrawn_by uuid,
        withdrawn_at timestamptz,
        CONSTRAINT role_invitations_token_once UNIQUE (study_centre_id, token_digest),
        CONSTRAINT role_invitations_grant_once UNIQUE (study_centre_id, role_grant_id),
        CONSTRAINT role_invitations_expiry_after_making CHECK (expires_at > invited_at),
        CONSTRAINT role_invitations_acceptance_complete CHECK
            (num_nonnulls(accepted_by, accepted_at, role_grant_id) = CASE state WHEN 'accepted' THEN 3 ELSE 0 END),
        CONSTRAINT role_invitations_withdrawal_complete CHECK
            (num_nonnulls(withdrawn_by, withdrawn_at) = CASE state WHEN 'withdrawn' THEN 2 ELSE 0 END)
        """,
        references={
            "organisation_id": "organisations",
            "accepted_by": "persons",
            "role_grant_id": "role_grants",
        },
        rights="SELECT, INSERT, UPDATE",
    )
    op.execute("""
        CREATE INDEX role_invitations_open ON role_invitations (study_centre_id, organisation_id, expires_at)
            WHERE state = 'open';
    """)


def downgrade() -> None:
    op.execute("DROP TABLE role_invitations")
