"""The study centre's own profile, logo, payment account and readers of participants; the page about membership in
yearly confirmations."""

from alembic import op

from migrations.tables import create_table

revision = "study_centre_profile"
down_revision = "rules_for_plans"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Study centres are few: checking all of them takes no time, and the index is made in an instant.
    op.execute("""
        ALTER TABLE study_centres ADD COLUMN name_sv text, ADD COLUMN name_en text, ADD COLUMN business_id text,
            ADD COLUMN address jsonb, ADD COLUMN website text, ADD COLUMN privacy_notice_url text,
            ADD COLUMN participants_kept_months smallint NOT NULL DEFAULT 24, ADD COLUMN slug text;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE study_centres ADD CONSTRAINT study_centres_participants_kept_months
            CHECK (participants_kept_months BETWEEN 1 AND 240);
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE study_centres ADD CONSTRAINT study_centres_slug_form CHECK (slug ~ '^[a-z0-9-]{3,40}$');
        -- Public addresses begin with it, so it is unique in the service.
        -- squawk-ignore require-concurrent-index-creation
        CREATE UNIQUE INDEX study_centres_slug_once ON study_centres (slug);
        CREATE FUNCTION keep_slug() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the slug of a study centre never changes' USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER study_centres_slug_kept BEFORE UPDATE OF slug ON study_centres
        FOR EACH ROW WHEN (OLD.slug IS NOT NULL AND NEW.slug IS DISTINCT FROM OLD.slug) EXECUTE FUNCTION keep_slug();
        SELECT grant_to_service('UPDATE (name, name_sv, name_en, business_id, address, website, privacy_notice_url, '
            'participants_kept_months, slug)', 'study_centres');
    """)
    create_table(
        "study_centre_logos",
        """
        content bytea NOT NULL CONSTRAINT study_centre_logos_bound CHECK (octet_length(content) <= 16777216),
        changed_by uuid NOT NULL,
        changed_at timestamptz NOT NULL
        """,
        key=[],
        references={"changed_by": "persons"},
        rights="SELECT, INSERT, UPDATE, DELETE",
    )
    # What the service makes is compressed already.
    op.execute("ALTER TABLE study_centre_logos ALTER COLUMN content SET STORAGE EXTERNAL")
    create_table(
        "payment_account_changes",
        """
        id uuid NOT NULL,
        iban text NOT NULL CONSTRAINT payment_account_changes_iban_form
            CHECK (iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'),
        bic text,
        holder text NOT NULL,
        state text NOT NULL CONSTRAINT payment_account_changes_state_known
            CHECK (state IN ('proposed', 'approved', 'rejected', 'withdrawn')),
        proposed_by uuid NOT NULL,
        proposed_at timestamptz NOT NULL,
        decided_by uuid,
        decided_at timestamptz,
        reason text,
        withdrawn_at timestamptz,
        payments_held_until timestamptz,
        CONSTRAINT payment_account_changes_two_persons CHECK (decided_by <> proposed_by),
        CONSTRAINT payment_account_changes_decided
            CHECK ((state IN ('approved', 'rejected')) = (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
        CONSTRAINT payment_account_changes_withdrawn CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL)),
        CONSTRAINT payment_account_changes_held CHECK ((state = 'approved') = (payments_held_until IS NOT NULL))
        """,
        references={"proposed_by": "persons", "decided_by": "persons"},
        rights="SELECT, INSERT, UPDATE",
    )
    op.execute("""
        CREATE UNIQUE INDEX payment_account_changes_one_open ON payment_account_changes (study_centre_id)
            WHERE state = 'proposed'
    """)
    create_table(
        "participant_readers",
        """
        person_ids uuid[] NOT NULL,
        reason text NOT NULL,
        changed_by uuid NOT NULL,
        changed_at timestamptz NOT NULL
        """,
        key=[],
        references={"changed_by": "persons"},
        rights="SELECT, INSERT, UPDATE",
    )
    op.execute("ALTER TABLE organisation_confirmations ADD COLUMN membership_page_url text")


def downgrade() -> None:
    op.execute("""
        ALTER TABLE organisation_confirmations DROP COLUMN membership_page_url;
        DROP TABLE participant_readers, payment_account_changes, study_centre_logos;
        DROP TRIGGER study_centres_slug_kept ON study_centres;
        DROP FUNCTION keep_slug;
        ALTER TABLE study_centres DROP COLUMN name_sv, DROP COLUMN name_en, DROP COLUMN business_id,
            DROP COLUMN address, DROP COLUMN website, DROP COLUMN privacy_notice_url,
            DROP COLUMN participants_kept_months, DROP COLUMN slug;
    """)
