"""The ledger of hours: accounts, append-only transfers, and the one function that posts them."""

from alembic import op

revision = "hours_ledger"
down_revision = "organisations_and_calendar"
branch_labels = None
depends_on = None

TABLES = ("hour_pools", "hour_balances", "hour_transfers")


def upgrade() -> None:
    op.execute(CREATE)
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_study_centre ON {table} USING (study_centre_id = own_study_centre())")
    op.execute(FUNCTIONS)
    op.execute(VIEWS)
    op.execute(RIGHTS)


def downgrade() -> None:
    op.execute("""
        DROP VIEW ledger_years_astray, ledger_balances_astray, ledger_pools_astray, ledger_accounts_overdrawn;
        DROP FUNCTION lock_hour_pool, lock_hour_year, lock_hour_balances, close_hour_year, post_hour_transfers;
        DROP TABLE hour_transfers, hour_balances, hour_pools;
    """)


CREATE = """
CREATE TABLE hour_pools (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre() REFERENCES study_centres,
    year smallint NOT NULL CONSTRAINT hour_pools_year CHECK (year BETWEEN 2000 AND 2100),
    state integer NOT NULL DEFAULT 0 CONSTRAINT hour_pools_state_is_source CHECK (state <= 0),
    pool integer NOT NULL DEFAULT 0 CONSTRAINT hour_pools_not_overdrawn CHECK (pool >= 0),
    returned integer NOT NULL DEFAULT 0 CONSTRAINT hour_pools_returned CHECK (returned >= 0),
    closed_at timestamptz,
    CONSTRAINT hour_pools_pkey PRIMARY KEY (study_centre_id, year)
);
COMMENT ON TABLE hour_pools IS 'The study centre''s own accounts of a year, state and pool, side by side.';
COMMENT ON COLUMN hour_pools.state IS 'The source: minus what the state granted. It alone has no floor.';
COMMENT ON COLUMN hour_pools.returned IS 'A sum kept beside the accounts: all hours returned to the pool.';

CREATE TABLE hour_balances (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    central_organisation_id uuid NOT NULL,
    year smallint NOT NULL CONSTRAINT hour_balances_year CHECK (year BETWEEN 2000 AND 2100),
    organisation_id uuid NOT NULL,
    common integer NOT NULL DEFAULT 0 CONSTRAINT hour_balances_common_not_overdrawn CHECK (common >= 0),
    allotment integer NOT NULL DEFAULT 0 CONSTRAINT hour_balances_allotment_not_overdrawn CHECK (allotment >= 0),
    reserved integer NOT NULL DEFAULT 0 CONSTRAINT hour_balances_reserved_not_overdrawn CHECK (reserved >= 0),
    used integer NOT NULL DEFAULT 0 CONSTRAINT hour_balances_used_not_overdrawn CHECK (used >= 0),
    lapsed integer NOT NULL DEFAULT 0 CONSTRAINT hour_balances_lapsed_not_overdrawn CHECK (lapsed >= 0),
    returned integer NOT NULL DEFAULT 0 CONSTRAINT hour_balances_returned CHECK (returned >= 0),
    allotment_lapsed integer NOT NULL DEFAULT 0
        CONSTRAINT hour_balances_allotment_lapsed CHECK (allotment_lapsed >= 0),
    closed boolean NOT NULL DEFAULT false
        CONSTRAINT hour_balances_nothing_free_when_closed
            CHECK (NOT closed OR (common = 0 AND allotment = 0 AND reserved = 0)),
    CONSTRAINT hour_balances_pkey PRIMARY KEY (study_centre_id, central_organisation_id, year, organisation_id),
    CONSTRAINT hour_balances_pool_fkey FOREIGN KEY (study_centre_id, year) REFERENCES hour_pools,
    CONSTRAINT hour_balances_central_fkey
        FOREIGN KEY (study_centre_id, central_organisation_id) REFERENCES organisations,
    CONSTRAINT hour_balances_organisation_fkey
        FOREIGN KEY (study_centre_id, organisation_id) REFERENCES organisations,
    CONSTRAINT hour_balances_centre_has_no_allotment
        CHECK (organisation_id <> central_organisation_id OR (allotment = 0 AND allotment_lapsed = 0)),
    CONSTRAINT hour_balances_unit_has_allotment_only
        CHECK (organisation_id = central_organisation_id OR (common = 0 AND lapsed = 0 AND returned = 0))
) WITH (fillfactor = 70);
COMMENT ON TABLE hour_balances IS 'One wide row per holder and year; a holder stays under the centre it drew from.';
COMMENT ON COLUMN hour_balances.returned IS 'A sum kept beside the accounts: all the centre has returned.';
COMMENT ON COLUMN hour_balances.allotment_lapsed IS 'A sum kept beside the accounts: what of the allotment lapsed.';
COMMENT ON COLUMN hour_balances.closed IS 'As the pool''s closed_at: kept here for the constraint.';
CREATE INDEX hour_balances_of_holder ON hour_balances (study_centre_id, organisation_id, year);

CREATE TABLE hour_transfers (
    study_centre_id uuid NOT NULL DEFAULT own_study_centre(),
    id uuid NOT NULL,
    position bigint GENERATED ALWAYS AS IDENTITY,
    year smallint NOT NULL,
    kind text NOT NULL,
    hours integer NOT NULL CONSTRAINT hour_transfers_hours CHECK (hours > 0),
    central_organisation_id uuid,
    from_account text NOT NULL,
    from_organisation_id uuid,
    to_account text NOT NULL,
    to_organisation_id uuid,
    cause_type text NOT NULL,
    cause_id uuid NOT NULL,
    actor_id uuid,
    made_at timestamptz NOT NULL,
    retry_key bytea NOT NULL,
    ordinal integer NOT NULL,
    CONSTRAINT hour_transfers_pkey PRIMARY KEY (study_centre_id, id),
    CONSTRAINT hour_transfers_posted_once UNIQUE (study_centre_id, retry_key, ordinal),
    CONSTRAINT hour_transfers_pool_fkey FOREIGN KEY (study_centre_id, year) REFERENCES hour_pools,
    CONSTRAINT hour_transfers_actor_fkey FOREIGN KEY (study_centre_id, actor_id) REFERENCES persons,
    CONSTRAINT hour_transfers_accounts_fit_kind CHECK (
        CASE kind
            WHEN 'pool' THEN (from_account, to_account) IN (('state', 'pool'), ('pool', 'state'))
            WHEN 'grant' THEN (from_account, to_account) = ('pool', 'common')
            WHEN 'supplementary_grant' THEN (from_account, to_account) = ('pool', 'common')
            WHEN 'distribution' THEN (from_account, to_account) = ('common', 'allotment')
            WHEN 'recall' THEN (from_account, to_account) = ('allotment', 'common')
            WHEN 'return' THEN (from_account, to_account) = ('common', 'pool')
            WHEN 'reservation' THEN (from_account, to_account) IN (('common', 'reserved'), ('allotment', 'reserved'))
            WHEN 'release' THEN (from_account, to_account) IN (('reserved', 'common'), ('reserved', 'allotment'))
            WHEN 'use' THEN (from_account, to_account) = ('reserved', 'used')
            WHEN 'lapse' THEN (from_account, to_account) IN (('common', 'lapsed'), ('allotment', 'lapsed'))
            WHEN 'correction' THEN (from_account, to_account) IN
                (('pool', 'common'), ('common', 'pool'), ('pool', 'lapsed'), ('lapsed', 'pool'))
            ELSE false
        END),
    CONSTRAINT hour_transfers_holders_fit_accounts CHECK (
        (from_account IN ('state', 'pool')) = (from_organisation_id IS NULL)
        AND (to_account IN ('state', 'pool')) = (to_organisation_id IS NULL)
        AND (kind = 'pool') = (central_organisation_id IS NULL)
        AND (from_account NOT IN ('common', 'lapsed') OR from_organisation_id = central_organisation_id)
        AND (to_account NOT IN ('common', 'lapsed') OR to_organisation_id = central_organisation_id)
        AND (from_account <> 'allotment' OR from_organisation_id <> central_organisation_id)
        AND (to_account <> 'allotment' OR to_organisation_id <> central_organisation_id)
        AND (kind NOT IN ('reservation', 'release', 'use') OR from_organisation_id = to_organisation_id))
);
COMMENT ON COLUMN hour_transfers.position IS 'The order of posting, also among transfers of one instant.';
COMMENT ON COLUMN hour_transfers.retry_key IS 'The digest of caller, method, path and key: posted once for ever.';
CREATE INDEX hour_transfers_of_centre
    ON hour_transfers (study_centre_id, central_organisation_id, year, position);
"""

# One call posts a whole set: the retry key is looked up before the balances, holders are locked in the order of
# p_holder_ids (ascending, so that no two postings wait for each other), every floor is checked, entries are
# written, balances are moved. Balances are moved in memory and each row is written once, at the end: ten thousand
# transfers from one account would otherwise leave ten thousand versions of its row for each next one to look through.
# Its plans are made once a session, perhaps while the tables are small, and must not scan them when they have grown.
# A floor that would break raises TP001 with the facts as JSON in its detail; a closed year TP002; a retry
# key that has posted before breaks hour_transfers_posted_once at once, whatever the balances are now.
#
# Everybody locks a year's pool first and its balances after it. Who moves the pool takes it FOR NO KEY UPDATE, one at
# a time; who moves balances only, FOR KEY SHARE, which lets all of them go on together (the foreign key of the
# transfers takes it anyway). Who closes the year takes it FOR UPDATE, which waits for both and lets neither begin:
# the balances read after that are the last ones, new holders' rows among them, whatever order they were locked in.
FUNCTIONS = """
CREATE FUNCTION lock_hour_pool(p_year smallint) RETURNS hour_pools
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found_pool hour_pools;
BEGIN
    SELECT * INTO found_pool FROM hour_pools
    WHERE study_centre_id = own_study_centre() AND year = p_year FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO hour_pools (year) VALUES (p_year) ON CONFLICT DO NOTHING;
        SELECT * INTO found_pool FROM hour_pools
        WHERE study_centre_id = own_study_centre() AND year = p_year FOR NO KEY UPDATE;
    END IF;
    RETURN found_pool;
END $$;

CREATE FUNCTION lock_hour_year(p_year smallint) RETURNS hour_pools
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found_pool hour_pools;
BEGIN
    -- Not by way of lock_hour_pool: who strengthens a lock can meet another who waits for the weaker one.
    INSERT INTO hour_pools (year) VALUES (p_year) ON CONFLICT DO NOTHING;
    SELECT * INTO found_pool FROM hour_pools
    WHERE study_centre_id = own_study_centre() AND year = p_year FOR UPDATE;
    RETURN found_pool;
END $$;

CREATE FUNCTION lock_hour_balances(p_year smallint, p_central_organisation_id uuid) RETURNS SETOF hour_balances
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM hour_pools WHERE study_centre_id = own_study_centre() AND year = p_year FOR KEY SHARE;
    RETURN QUERY SELECT * FROM hour_balances
    WHERE study_centre_id = own_study_centre() AND year = p_year
        AND central_organisation_id = p_central_organisation_id
    ORDER BY organisation_id
    FOR NO KEY UPDATE;
END $$;

CREATE FUNCTION close_hour_year(p_year smallint, p_closed_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM lock_hour_year(p_year);
    UPDATE hour_pools SET closed_at = p_closed_at
    WHERE study_centre_id = own_study_centre() AND year = p_year AND closed_at IS NULL;
    UPDATE hour_balances SET closed = true WHERE study_centre_id = own_study_centre() AND year = p_year;
END $$;

CREATE FUNCTION post_hour_transfers(
    p_year smallint, p_retry_key bytea, p_cause_type text, p_cause_id uuid, p_actor_id uuid, p_made_at timestamptz,
    p_holder_ids uuid[], p_holder_central_ids uuid[],
    p_ids uuid[], p_kinds text[], p_hours integer[], p_central_ids uuid[],
    p_from_accounts text[], p_from_ids uuid[], p_to_accounts text[], p_to_ids uuid[],
    p_cause_ids uuid[] DEFAULT NULL
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off AS $$
DECLARE
    v_centre CONSTANT uuid := own_study_centre();
    v_holders CONSTANT integer := coalesce(array_length(p_holder_ids, 1), 0);
    v_takes_pool CONSTANT boolean := 'pool' = ANY (p_from_accounts) OR 'pool' = ANY (p_to_accounts);
    v_pool hour_pools;
    v_balance hour_balances;
    -- The balances as they become: seven for each holder, before them the study centre's own (state, pool, returned).
    v_held integer[] := array_fill(0, ARRAY[7 * (v_holders + 1)]);
    v_corrects_lapsed boolean;
    v_places integer[];
    v_place integer;
    v_id uuid;
    v_from integer;
    v_to integer;
    i integer;
BEGIN
    PERFORM FROM hour_transfers WHERE study_centre_id = v_centre AND retry_key = p_retry_key;
    IF FOUND THEN
        RAISE EXCEPTION 'this retry key has posted before'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'hour_transfers_posted_once';
    END IF;

    IF v_takes_pool THEN
        SELECT * INTO v_pool FROM hour_pools WHERE study_centre_id = v_centre AND year = p_year FOR NO KEY UPDATE;
    ELSE
        SELECT * INTO v_pool FROM hour_pools WHERE study_centre_id = v_centre AND year = p_year FOR KEY SHARE;
    END IF;
    IF NOT FOUND THEN
        SELECT * INTO v_pool FROM lock_hour_pool(p_year);
    END IF;
    v_held[1] := v_pool.state;
    v_held[2] := v_pool.pool;
    v_held[6] := v_pool.returned;

    -- Of a large distribution all new balances at once: each statement reads the table's checks anew. Whoever posts
    -- so many holds the tree's balances already, so nobody waits for these while holding one of those.
    IF v_holders > 2 THEN
        INSERT INTO hour_balances (central_organisation_id, year, organisation_id, closed)
        SELECT h.central_id, p_year, h.id, v_pool.closed_at IS NOT NULL
        FROM unnest(p_holder_ids, p_holder_central_ids) WITH ORDINALITY h (id, central_id, place)
        WHERE NOT EXISTS (
            SELECT FROM hour_balances b WHERE b.study_centre_id = v_centre AND b.central_organisation_id = h.central_id
                AND b.year = p_year AND b.organisation_id = h.id)
        ORDER BY h.place
        ON CONFLICT DO NOTHING;
    END IF;
    FOR i IN 1 .. v_holders LOOP
        IF i > 1 AND (p_holder_ids[i], p_holder_central_ids[i]) <= (p_holder_ids[i - 1], p_holder_central_ids[i - 1])
        THEN
            RAISE EXCEPTION 'holders are to be locked in ascending order';
        END IF;
        SELECT * INTO v_balance FROM hour_balances
        WHERE study_centre_id = v_centre AND central_organisation_id = p_holder_central_ids[i]
            AND year = p_year AND organisation_id = p_holder_ids[i] FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            INSERT INTO hour_balances (central_organisation_id, year, organisation_id, closed)
            VALUES (p_holder_central_ids[i], p_year, p_holder_ids[i], v_pool.closed_at IS NOT NULL)
            ON CONFLICT DO NOTHING;
            SELECT * INTO v_balance FROM hour_balances
            WHERE study_centre_id = v_centre AND central_organisation_id = p_holder_central_ids[i]
                AND year = p_year AND organisation_id = p_holder_ids[i] FOR NO KEY UPDATE;
        END IF;
        v_held[7 * i + 1] := v_balance.common;
        v_held[7 * i + 2] := v_balance.allotment;
        v_held[7 * i + 3] := v_balance.reserved;
        v_held[7 * i + 4] := v_balance.used;
        v_held[7 * i + 5] := v_balance.lapsed;
        v_held[7 * i + 6] := v_balance.returned;
        v_held[7 * i + 7] := v_balance.allotment_lapsed;
    END LOOP;

    FOR i IN 1 .. array_length(p_ids, 1) LOOP
        -- In a closed year only corrections are made, between the pool and what has lapsed.
        v_corrects_lapsed := p_kinds[i] = 'correction' AND 'lapsed' IN (p_from_accounts[i], p_to_accounts[i]);
        IF v_pool.closed_at IS NOT NULL AND NOT v_corrects_lapsed THEN
            RAISE EXCEPTION 'the year is closed' USING ERRCODE = 'TP002',
                DETAIL = jsonb_build_object('year', p_year, 'closed_at', v_pool.closed_at)::text;
        END IF;
        IF v_pool.closed_at IS NULL AND v_corrects_lapsed THEN
            RAISE EXCEPTION 'nothing has lapsed in an open year';
        END IF;

        -- A unit that has moved to another centre is given nothing by the old one, which did not see it go: whoever
        -- moves it holds the balances meanwhile (app/db/organisations/holdings.py). The call may be tried again.
        IF p_kinds[i] = 'distribution' THEN
            -- Looked up by its id alone: an index by centre would bring all units of a large one.
            SELECT central_organisation_id INTO v_id FROM organisations
            WHERE study_centre_id = v_centre AND id = p_to_ids[i];
            IF v_id IS DISTINCT FROM p_central_ids[i] THEN
                RAISE EXCEPTION 'unit % has moved', p_to_ids[i] USING ERRCODE = 'serialization_failure';
            END IF;
        END IF;

        -- Where the two holders stand among those locked; the study centre itself stands at 0.
        v_places := '{}';
        FOREACH v_id IN ARRAY ARRAY[p_from_ids[i], p_to_ids[i]] LOOP
            v_place := 0;
            IF v_id IS NOT NULL THEN
                v_place := width_bucket(v_id, p_holder_ids);
                WHILE v_place > 1 AND p_holder_central_ids[v_place] <> p_central_ids[i] LOOP
                    v_place := v_place - 1;
                END LOOP;
                IF (p_holder_ids[v_place], p_holder_central_ids[v_place]) IS DISTINCT FROM (v_id, p_central_ids[i]) THEN
                    RAISE EXCEPTION 'the holder % was not locked', v_id;
                END IF;
            END IF;
            v_places := v_places || v_place;
        END LOOP;
        v_from := 7 * v_places[1] + CASE p_from_accounts[i] WHEN 'state' THEN 1 WHEN 'pool' THEN 2 WHEN 'common' THEN 1
            WHEN 'allotment' THEN 2 WHEN 'reserved' THEN 3 WHEN 'used' THEN 4 WHEN 'lapsed' THEN 5 END;
        v_to := 7 * v_places[2] + CASE p_to_accounts[i] WHEN 'state' THEN 1 WHEN 'pool' THEN 2 WHEN 'common' THEN 1
            WHEN 'allotment' THEN 2 WHEN 'reserved' THEN 3 WHEN 'used' THEN 4 WHEN 'lapsed' THEN 5 END;

        IF p_from_accounts[i] <> 'state' AND v_held[v_from] < p_hours[i] THEN
            RAISE EXCEPTION 'an account would be overdrawn' USING ERRCODE = 'TP001', DETAIL = jsonb_build_object(
                'account', p_from_accounts[i], 'organisation_id', p_from_ids[i], 'available', v_held[v_from],
                'asked', p_hours[i], 'transfer', i - 1)::text;
        END IF;
        v_held[v_from] := v_held[v_from] - p_hours[i];
        v_held[v_to] := v_held[v_to] + p_hours[i];
        IF p_kinds[i] = 'return' THEN
            v_held[6] := v_held[6] + p_hours[i];
            v_held[7 * v_places[1] + 6] := v_held[7 * v_places[1] + 6] + p_hours[i];
        ELSIF p_kinds[i] = 'lapse' AND p_from_accounts[i] = 'allotment' THEN
            v_held[7 * v_places[1] + 7] := v_held[7 * v_places[1] + 7] + p_hours[i];
        END IF;
    END LOOP;

    INSERT INTO hour_transfers (id, year, kind, hours, central_organisation_id, from_account, from_organisation_id,
        to_account, to_organisation_id, cause_type, cause_id, actor_id, made_at, retry_key, ordinal)
    SELECT t.id, p_year, t.kind, t.hours, t.central_id, t.from_account, t.from_id, t.to_account, t.to_id,
        p_cause_type, coalesce(t.cause_id, p_cause_id), p_actor_id, p_made_at, p_retry_key, t.ordinal
    FROM unnest(p_ids, p_kinds, p_hours, p_central_ids, p_from_accounts, p_from_ids, p_to_accounts, p_to_ids,
        p_cause_ids)
        WITH ORDINALITY t (id, kind, hours, central_id, from_account, from_id, to_account, to_id, cause_id, ordinal)
    ORDER BY t.ordinal;

    IF v_takes_pool THEN
        UPDATE hour_pools SET state = v_held[1], pool = v_held[2], returned = v_held[6]
        WHERE study_centre_id = v_centre AND year = p_year;
    END IF;
    UPDATE hour_balances b SET common = v_held[7 * h.place + 1], allotment = v_held[7 * h.place + 2],
        reserved = v_held[7 * h.place + 3], used = v_held[7 * h.place + 4], lapsed = v_held[7 * h.place + 5],
        returned = v_held[7 * h.place + 6], allotment_lapsed = v_held[7 * h.place + 7]
    FROM unnest(p_holder_ids, p_holder_central_ids) WITH ORDINALITY h (id, central_id, place)
    WHERE b.study_centre_id = v_centre AND b.central_organisation_id = h.central_id
        AND b.year = p_year AND b.organisation_id = h.id;
END $$;
"""

# The promises of the ledger as questions that answer no row while they hold.
VIEWS = """
CREATE VIEW ledger_years_astray WITH (security_invoker = true) AS
SELECT p.study_centre_id, p.year, p.state + p.pool + coalesce(b.held, 0) AS difference
FROM hour_pools p
LEFT JOIN (
    SELECT study_centre_id, year, sum(common + allotment + reserved + used + lapsed) AS held
    FROM hour_balances GROUP BY study_centre_id, year
) b USING (study_centre_id, year)
WHERE p.state + p.pool + coalesce(b.held, 0) <> 0;

CREATE VIEW ledger_balances_astray WITH (security_invoker = true) AS
WITH moves AS (
    SELECT study_centre_id, central_organisation_id, year, to_organisation_id AS organisation_id,
        to_account AS account, hours, 0 AS returned, 0 AS allotment_lapsed
    FROM hour_transfers WHERE to_organisation_id IS NOT NULL
    UNION ALL
    SELECT study_centre_id, central_organisation_id, year, from_organisation_id, from_account, -hours,
        CASE kind WHEN 'return' THEN hours ELSE 0 END,
        CASE WHEN kind = 'lapse' AND from_account = 'allotment' THEN hours ELSE 0 END
    FROM hour_transfers WHERE from_organisation_id IS NOT NULL
), recomputed AS (
    SELECT study_centre_id, central_organisation_id, year, organisation_id,
        coalesce(sum(hours) FILTER (WHERE account = 'common'), 0) AS common,
        coalesce(sum(hours) FILTER (WHERE account = 'allotment'), 0) AS allotment,
        coalesce(sum(hours) FILTER (WHERE account = 'reserved'), 0) AS reserved,
        coalesce(sum(hours) FILTER (WHERE account = 'used'), 0) AS used,
        coalesce(sum(hours) FILTER (WHERE account = 'lapsed'), 0) AS lapsed,
        sum(returned) AS returned, sum(allotment_lapsed) AS allotment_lapsed
    FROM moves GROUP BY study_centre_id, central_organisation_id, year, organisation_id
)
SELECT study_centre_id, year, central_organisation_id, organisation_id
FROM hour_balances b
FULL JOIN recomputed r USING (study_centre_id, central_organisation_id, year, organisation_id)
WHERE (coalesce(b.common, 0), coalesce(b.allotment, 0), coalesce(b.reserved, 0), coalesce(b.used, 0),
        coalesce(b.lapsed, 0), coalesce(b.returned, 0), coalesce(b.allotment_lapsed, 0))
    <> (coalesce(r.common, 0), coalesce(r.allotment, 0), coalesce(r.reserved, 0), coalesce(r.used, 0),
        coalesce(r.lapsed, 0), coalesce(r.returned, 0), coalesce(r.allotment_lapsed, 0));

CREATE VIEW ledger_pools_astray WITH (security_invoker = true) AS
SELECT p.study_centre_id, p.year
FROM hour_pools p
LEFT JOIN hour_transfers t USING (study_centre_id, year)
GROUP BY p.study_centre_id, p.year
HAVING p.state <> coalesce(sum(t.hours) FILTER (WHERE t.to_account = 'state'), 0)
        - coalesce(sum(t.hours) FILTER (WHERE t.from_account = 'state'), 0)
    OR p.pool <> coalesce(sum(t.hours) FILTER (WHERE t.to_account = 'pool'), 0)
        - coalesce(sum(t.hours) FILTER (WHERE t.from_account = 'pool'), 0)
    OR p.returned <> coalesce(sum(t.hours) FILTER (WHERE t.kind = 'return'), 0);

CREATE VIEW ledger_accounts_overdrawn WITH (security_invoker = true) AS
SELECT study_centre_id, year, NULL::uuid AS organisation_id FROM hour_pools WHERE pool < 0
UNION ALL
SELECT study_centre_id, year, organisation_id FROM hour_balances
WHERE least(common, allotment, reserved, used, lapsed) < 0;
"""

RIGHTS = """
REVOKE EXECUTE ON FUNCTION lock_hour_pool, lock_hour_year, lock_hour_balances, close_hour_year, post_hour_transfers
    FROM PUBLIC;
SELECT grant_to_service('EXECUTE', 'FUNCTION ' || function_name)
FROM unnest(ARRAY['lock_hour_pool', 'lock_hour_year', 'lock_hour_balances', 'close_hour_year',
                  'post_hour_transfers']) function_name;
SELECT grant_to_service('SELECT', relation_name)
FROM unnest(ARRAY['hour_pools', 'hour_balances', 'hour_transfers', 'ledger_years_astray', 'ledger_balances_astray',
                  'ledger_pools_astray', 'ledger_accounts_overdrawn']) relation_name;
"""
