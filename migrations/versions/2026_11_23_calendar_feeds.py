"""Subscriptions to a person's deadlines and tasks, and when each study centre reminds of what."""

from alembic import op

revision = "calendar_feeds"
down_revision = "delivery"
branch_labels = None
depends_on = None

TABLES = ("calendar_feeds", "calendar_feed_events", "reminder_settings")


def upgrade() -> None:
    op.execute(CREATE)
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_study_centre ON {table} USING (study_centre_id = own_study_centre())")
    op.execute(FUNCTIONS)
    op.execute(RIGHTS)


def downgrade() -> None:
    op.execute("DROP FUNCTION forget_calendar_feed, keep_calendar_feed_events")
    op.execute("DROP TABLE " + ", ".join(reversed(TABLES)))
    op.execute("DELETE FROM callers WHERE issuer = 'calendar-feeds'")


CREATE = """
CREATE TABLE calendar_feeds (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    created_at timestamptz NOT NULL,
    last_read_at timestamptz,
    CONSTRAINT calendar_feeds_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT calendar_feeds_digest_once UNIQUE (study_centre_id, digest),
    CONSTRAINT calendar_feeds_person_fkey FOREIGN KEY (study_centre_id, person_id) REFERENCES persons
);
COMMENT ON COLUMN calendar_feeds.digest IS 'Of the secret in the address, which is kept nowhere.';
CREATE INDEX calendar_feeds_of_person ON calendar_feeds (study_centre_id, person_id);

CREATE TABLE calendar_feed_events (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    feed_id uuid NOT NULL,
    uid uuid NOT NULL,
    day date NOT NULL,
    title text NOT NULL,
    sequence integer NOT NULL DEFAULT 0,
    modified_at timestamptz NOT NULL,
    cancelled_at timestamptz,
    CONSTRAINT calendar_feed_events_pkey PRIMARY KEY (study_centre_id, feed_id, uid),
    CONSTRAINT calendar_feed_events_feed_fkey
        FOREIGN KEY (study_centre_id, feed_id) REFERENCES calendar_feeds ON DELETE CASCADE
);
COMMENT ON TABLE calendar_feed_events IS 'As the subscriber was last told, so that a change is told as one.';

CREATE TABLE reminder_settings (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    closing_soon_days jsonb NOT NULL
        CONSTRAINT reminder_settings_closing_soon_days_listed CHECK (jsonb_typeof(closing_soon_days) = 'array'),
    running_out_percents jsonb NOT NULL
        CONSTRAINT reminder_settings_running_out_percents_listed CHECK (jsonb_typeof(running_out_percents) = 'array'),
    unused_percent smallint NOT NULL
        CONSTRAINT reminder_settings_unused_percent_whole CHECK (unused_percent BETWEEN 0 AND 100),
    CONSTRAINT reminder_settings_pkey PRIMARY KEY (study_centre_id)
);
"""

# A feed is read by one at a time, so that two readers never tell two changes as one sequence. What was told and is no
# more is cancelled, unless its day is past: then it is merely told no longer. Rows stay for long all the same: should
# the same thing come back, its sequence goes on from where it was.
FUNCTIONS = """
CREATE FUNCTION keep_calendar_feed_events(p_feed_id uuid, p_today date, p_now timestamptz, p_events jsonb)
RETURNS SETOF calendar_feed_events LANGUAGE plpgsql AS $$
DECLARE
    v_uids uuid[] := ARRAY(SELECT (e->>'uid')::uuid FROM jsonb_array_elements(p_events) e);
BEGIN
    UPDATE calendar_feeds SET last_read_at = p_now
    WHERE study_centre_id = own_study_centre() AND id = p_feed_id;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO calendar_feed_events AS kept (feed_id, uid, day, title, modified_at)
    SELECT p_feed_id, (e->>'uid')::uuid, (e->>'day')::date, e->>'title', p_now FROM jsonb_array_elements(p_events) e
    ON CONFLICT ON CONSTRAINT calendar_feed_events_pkey DO UPDATE
    SET day = excluded.day, title = excluded.title, sequence = kept.sequence + 1, modified_at = p_now,
        cancelled_at = NULL
    WHERE (kept.day, kept.title) <> (excluded.day, excluded.title) OR kept.cancelled_at IS NOT NULL;
    UPDATE calendar_feed_events SET cancelled_at = p_now, modified_at = p_now, sequence = sequence + 1
    WHERE study_centre_id = own_study_centre() AND feed_id = p_feed_id AND cancelled_at IS NULL AND day >= p_today
        AND NOT uid = ANY (v_uids);
    DELETE FROM calendar_feed_events
    WHERE study_centre_id = own_study_centre() AND feed_id = p_feed_id AND day < p_today - 400;
    RETURN QUERY SELECT * FROM calendar_feed_events
    WHERE study_centre_id = own_study_centre() AND feed_id = p_feed_id
        AND (uid = ANY (v_uids) OR cancelled_at > p_now - interval '30 days')
    ORDER BY day, uid;
END $$;

-- The service may neither see nor remove whose a caller is, but for this.
CREATE FUNCTION forget_calendar_feed(p_digest text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM callers
    WHERE study_centre_id = own_study_centre() AND issuer = 'calendar-feeds' AND subject = p_digest;
$$;
"""

RIGHTS = """
REVOKE EXECUTE ON FUNCTION forget_calendar_feed FROM PUBLIC;
SELECT grant_to_service('EXECUTE', 'FUNCTION forget_calendar_feed'),
    grant_to_service('SELECT, INSERT, UPDATE, DELETE', 'calendar_feeds'),
    grant_to_service('SELECT, INSERT, UPDATE, DELETE', 'calendar_feed_events'),
    grant_to_service('SELECT, INSERT, UPDATE', 'reminder_settings');
"""
