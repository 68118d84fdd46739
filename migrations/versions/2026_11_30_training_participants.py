"""Participants of training courses. A row that is anonymous has neither a name nor an address."""

from alembic import op

from migrations.tables import create_table

revision = "training_participants"
down_revision = "topic_classes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_table(
        "training_participants",
        """
        id uuid NOT NULL,
        training_id uuid NOT NULL,
        name text CONSTRAINT training_participants_name_said CHECK (name <> ''),
        email text,
        email_key text,
        token bytea CONSTRAINT training_participants_token_bound CHECK (octet_length(token) = 32),
        gender text CONSTRAINT training_participants_gender_known CHECK (gender IN ('female', 'male', 'other')),
        under_age boolean NOT NULL,
        anonymised_at timestamptz,
        created_by uuid NOT NULL,
        created_at timestamptz NOT NULL,
        changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT training_participants_creator_fkey FOREIGN KEY (study_centre_id, created_by) REFERENCES actors,
        CONSTRAINT training_participants_address_complete CHECK ((email IS NULL) = (email_key IS NULL)),
        CONSTRAINT training_participants_anonymous CHECK (
            (anonymised_at IS NULL) = (name IS NOT NULL)
            AND (anonymised_at IS NULL OR email IS NULL) AND (anonymised_at IS NOT NULL OR token IS NULL))
        """,
        references={"training_id": "trainings"},
        rights="SELECT, INSERT, UPDATE, DELETE",
    )
    op.execute("""
        CREATE UNIQUE INDEX training_participants_address_once
            ON training_participants (study_centre_id, training_id, email_key);
        CREATE INDEX training_participants_of_training ON training_participants (study_centre_id, training_id, id);
        CREATE INDEX training_participants_named ON training_participants (study_centre_id, training_id)
            WHERE anonymised_at IS NULL;
        CREATE INDEX training_participants_by_address ON training_participants (study_centre_id, email_key)
            WHERE email_key IS NOT NULL;
        CREATE TRIGGER training_participants_changed BEFORE UPDATE ON training_participants
            FOR EACH ROW EXECUTE FUNCTION date_change();
    """)


def downgrade() -> None:
    op.execute("DROP TABLE training_participants")
