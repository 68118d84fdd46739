"""The public calendar of a study centre, found by its slug, and the enrolments of its courses."""

from alembic import op

from migrations.tables import create_table

revision = "enrolments"
down_revision = "tree_messages"
branch_labels = None
depends_on = None

RECIPIENTS = "'role-invitation.made', 'email-verification.sent'"


def upgrade() -> None:
    # Study centres are few. Its policies bind the owner too: the function looks as each of them, until it returns.
    op.execute("""
        CREATE FUNCTION find_study_centre(p_slug text) RETURNS uuid
        LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        DECLARE
            own text := coalesce(current_setting('app.study_centre_id', true), '');
            centre uuid;
        BEGIN
            FOR centre IN SELECT * FROM study_centres_known() LOOP
                PERFORM set_config('app.study_centre_id', centre::text, true);
                PERFORM FROM study_centres s WHERE s.slug = p_slug;
                EXIT WHEN FOUND;
                centre := NULL;
            END LOOP;
            PERFORM set_config('app.study_centre_id', own, true);
            RETURN centre;
        END $$;
        REVOKE EXECUTE ON FUNCTION find_study_centre FROM PUBLIC;
        SELECT grant_to_service('EXECUTE', 'FUNCTION find_study_centre');
    """)
    # The table of trainings is of this version.
    op.execute("""
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX trainings_public ON trainings (study_centre_id, starts_at, id)
            WHERE state IN ('approved', 'cancelled') AND listed AND supported
    """)
    create_table(
        "enrolments",
        """
        id uuid NOT NULL,
        subject_type text NOT NULL CONSTRAINT enrolments_subject_type_known CHECK (subject_type IN ('training')),
        subject_id uuid NOT NULL,
        digest bytea NOT NULL CONSTRAINT enrolments_digest_bound CHECK (octet_length(digest) = 32),
        state text NOT NULL CONSTRAINT enrolments_state_known
            CHECK (state IN ('unconfirmed', 'enrolled', 'waiting', 'cancelled')),
        number integer CONSTRAINT enrolments_number_positive CHECK (number > 0),
        name text,
        email text,
        email_key text,
        language text NOT NULL CONSTRAINT enrolments_language_known CHECK (language IN ('fi', 'sv', 'en')),
        under_age boolean NOT NULL,
        requested_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        confirmed_at timestamptz,
        ended_at timestamptz,
        erased_at timestamptz,
        CONSTRAINT enrolments_digest_once UNIQUE (study_centre_id, digest),
        CONSTRAINT enrolments_confirmed CHECK ((number IS NULL) = (confirmed_at IS NULL)
            AND (state NOT IN ('enrolled', 'waiting') OR number IS NOT NULL)
            AND (state <> 'unconfirmed' OR number IS NULL)),
        CONSTRAINT enrolments_ended CHECK ((state = 'cancelled') = (ended_at IS NOT NULL)),
        CONSTRAINT enrolments_erased CHECK (
            (erased_at IS NULL) = (name IS NOT NULL)
            AND (name IS NULL) = (email IS NULL) AND (name IS NULL) = (email_key IS NULL)
            AND (state <> 'cancelled' OR erased_at IS NOT NULL))
        """,
        rights="SELECT, INSERT, UPDATE, DELETE",
    )
    op.execute("""
        CREATE UNIQUE INDEX enrolments_address_once
            ON enrolments (study_centre_id, subject_type, subject_id, email_key) WHERE state <> 'cancelled';
        CREATE UNIQUE INDEX enrolments_number_once
            ON enrolments (study_centre_id, subject_type, subject_id, number) WHERE number IS NOT NULL;
        CREATE INDEX enrolments_of_subject ON enrolments (study_centre_id, subject_type, subject_id, state, number);
        CREATE INDEX enrolments_by_address ON enrolments (study_centre_id, email_key) WHERE email_key IS NOT NULL;
        CREATE INDEX enrolments_unconfirmed ON enrolments (study_centre_id, expires_at) WHERE state = 'unconfirmed';
        COMMENT ON COLUMN enrolments.number IS 'The order of arrival: that of the confirmations.';
        COMMENT ON TABLE enrolments IS 'A cancelled one has neither a name nor an address.';
    """)
    _let_mails_go_to(f"event LIKE 'enrolment.%' OR event IN ({RECIPIENTS})")


def downgrade() -> None:
    op.execute("""
        ALTER TABLE mails NO FORCE ROW LEVEL SECURITY;
        DELETE FROM mails WHERE person_id IS NULL AND event LIKE 'enrolment.%';
        ALTER TABLE mails FORCE ROW LEVEL SECURITY;
    """)
    _let_mails_go_to(f"event IN ({RECIPIENTS})")
    op.execute("""
        DROP TABLE enrolments;
        DROP INDEX trainings_public;
        DROP FUNCTION find_study_centre;
    """)


def _let_mails_go_to(others: str) -> None:
    """To people, and to those who are none of the service's: about these events."""
    op.execute(f"""
        -- Another one takes its place.
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE mails DROP CONSTRAINT mails_recipient_known;
        -- The mails are read through once.
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE mails ADD CONSTRAINT mails_recipient_known CHECK (person_id IS NOT NULL OR {others});
    """)
