"""Mails, made once per person and event, preferences, bounces, and the messages that staff write."""

from alembic import op

revision = "delivery"
down_revision = "organisation_data"
branch_labels = None
depends_on = None

TABLES = ("mails", "mail_preferences", "messages")


def upgrade() -> None:
    op.execute(CREATE)
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_study_centre ON {table} USING (study_centre_id = own_study_centre())")
    op.execute(MARKS)
    op.execute(RIGHTS)


def downgrade() -> None:
    op.execute("""
        ALTER TABLE persons DROP COLUMN mail_refused_at;
        ALTER TABLE outbox DROP COLUMN mails_made_at;
        DROP TABLE mails, mail_preferences, messages;
    """)


CREATE = """
CREATE TABLE messages (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    id uuid NOT NULL,
    texts jsonb NOT NULL,
    audience text NOT NULL CONSTRAINT messages_audience_known
        CHECK (audience IN ('main_users', 'organisations', 'deadline')),
    organisation_ids uuid[] NOT NULL,
    deadline_id uuid,
    send_at timestamptz,
    days_before smallint CONSTRAINT messages_days_before_bounded CHECK (days_before BETWEEN 0 AND 365),
    state text NOT NULL CONSTRAINT messages_state_known CHECK (state IN ('draft', 'scheduled', 'sent', 'cancelled')),
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    scheduled_by uuid,
    scheduled_at timestamptz,
    sent_at timestamptz,
    cancelled_at timestamptz,
    recipients integer,
    CONSTRAINT messages_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT messages_deadline_said CHECK
        (deadline_id IS NOT NULL OR (days_before IS NULL AND audience <> 'deadline')),
    CONSTRAINT messages_one_instant CHECK (send_at IS NULL OR days_before IS NULL),
    CONSTRAINT messages_sent_is_counted CHECK
        ((state = 'sent') = (sent_at IS NOT NULL) AND (state = 'sent') = (recipients IS NOT NULL))
);
CREATE INDEX messages_scheduled ON messages (study_centre_id, id) WHERE state = 'scheduled';

CREATE TABLE mails (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    cause_id uuid NOT NULL,
    event text NOT NULL,
    organisation_id uuid,
    language text NOT NULL CONSTRAINT mails_language_known CHECK (language IN ('fi', 'sv', 'en')),
    address text NOT NULL,
    subject text NOT NULL,
    text text NOT NULL,
    dates jsonb NOT NULL,
    state text NOT NULL CONSTRAINT mails_state_known CHECK (state IN ('held', 'gathered', 'due', 'sent', 'refused')),
    made_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    digest_id uuid,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    concluded_at timestamptz,
    answer text,
    CONSTRAINT mails_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT mails_person_fkey FOREIGN KEY (study_centre_id, person_id) REFERENCES persons,
    CONSTRAINT mails_digest_fkey FOREIGN KEY (study_centre_id, digest_id) REFERENCES mails,
    CONSTRAINT mails_once_per_person_and_cause UNIQUE (study_centre_id, cause_id, person_id),
    CONSTRAINT mails_gathered_into_a_digest CHECK ((state = 'gathered') = (digest_id IS NOT NULL)),
    CONSTRAINT mails_conclusion_has_its_instant CHECK ((state IN ('sent', 'refused')) = (concluded_at IS NOT NULL))
);
COMMENT ON COLUMN mails.cause_id IS 'The event of the outbox, or the message; of a digest its own id.';
COMMENT ON COLUMN mails.next_attempt_at IS 'By real time; due_at is by the study centre''s clock.';
CREATE INDEX mails_due ON mails (study_centre_id, next_attempt_at, id) WHERE state = 'due';
CREATE INDEX mails_held ON mails (study_centre_id, person_id, id) WHERE state = 'held';
CREATE INDEX mails_of_person ON mails (study_centre_id, person_id, id);

CREATE TABLE mail_preferences (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    person_id uuid NOT NULL,
    mail text NOT NULL CONSTRAINT mail_preferences_mail_known
        CHECK (mail IN ('each', 'reminders_gathered', 'daily_digest', 'necessary')),
    CONSTRAINT mail_preferences_pkey PRIMARY KEY (study_centre_id, person_id),
    CONSTRAINT mail_preferences_person_fkey FOREIGN KEY (study_centre_id, person_id) REFERENCES persons
);
"""

# What happened before there was mail is not told any more: with a default the rows that are there are marked without
# being written, and those to come are not.
MARKS = """
ALTER TABLE outbox ADD COLUMN mails_made_at timestamptz DEFAULT 'epoch';
-- squawk-ignore ban-drop-default
ALTER TABLE outbox ALTER COLUMN mails_made_at DROP DEFAULT;
-- It holds no row yet; the outbox is read through once.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX outbox_without_mails ON outbox (study_centre_id, id) WHERE mails_made_at IS NULL;
ALTER TABLE persons ADD COLUMN mail_refused_at timestamptz;
"""

RIGHTS = """
SELECT grant_to_service('UPDATE (mails_made_at)', 'outbox'),
    grant_to_service('SELECT, INSERT, UPDATE, DELETE', 'mails'),
    grant_to_service('SELECT, INSERT, UPDATE, DELETE', 'mail_preferences'),
    grant_to_service('SELECT, INSERT, UPDATE', 'messages');
"""
