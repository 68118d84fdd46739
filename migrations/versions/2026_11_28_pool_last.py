"""The pool's row is moved last, so that returns of all organisations hold it only while they commit."""

from alembic import context, op

revision = "pool_last"
down_revision = "verified_addresses"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(LOCKS)
    op.execute(POSTING)
    op.execute("""
        REVOKE EXECUTE ON FUNCTION hold_hour_pool FROM PUBLIC;
        SELECT grant_to_service('EXECUTE', 'FUNCTION hold_hour_pool');
    """)


def downgrade() -> None:
    functions = context.script.get_revision("hours_ledger").module.FUNCTIONS.split("CREATE FUNCTION ")
    for function in functions:
        if function.startswith(("lock_hour_pool", "post_hour_transfers")):
            op.execute("CREATE OR REPLACE FUNCTION " + function)
    op.execute("DROP FUNCTION hold_hour_pool")


# Everybody locks in this order: the year's pool FOR KEY SHARE, then balances in the order of organisations, then, who
# moves the pool, its row. The first lets all of them go on together, and keeps the closing of the year waiting, which
# takes the row FOR UPDATE (lock_hour_year): the balances that it reads are the last ones, new holders' rows among them.
#
# Who takes from the pool comes one at a time by an advisory lock, and so may read the pool before it locks balances:
# until it commits, the pool grows by returns at most. Who sets the pool moves no balances, and locks its row at once.
LOCKS = """
CREATE FUNCTION hold_hour_pool(p_year smallint) RETURNS hour_pools
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    found_pool hour_pools;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(concat('hour_pools ', own_study_centre(), ' ', p_year), 0));
    SELECT * INTO found_pool FROM hour_pools
    WHERE study_centre_id = own_study_centre() AND year = p_year FOR KEY SHARE;
    IF NOT FOUND THEN
        INSERT INTO hour_pools (year) VALUES (p_year) ON CONFLICT DO NOTHING;
        SELECT * INTO found_pool FROM hour_pools
        WHERE study_centre_id = own_study_centre() AND year = p_year FOR KEY SHARE;
    END IF;
    RETURN found_pool;
END $$;

CREATE OR REPLACE FUNCTION lock_hour_pool(p_year smallint) RETURNS hour_pools
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found_pool hour_pools;
BEGIN
    PERFORM hold_hour_pool(p_year);
    SELECT * INTO found_pool FROM hour_pools
    WHERE study_centre_id = own_study_centre() AND year = p_year FOR NO KEY UPDATE;
    RETURN found_pool;
END $$;
"""

# One call posts a whole set: the retry key is looked up before the balances, every floor is checked, entries are
# written, balances are moved. Balances are moved in memory and each row is written once, at the end: ten thousand
# transfers from one account would otherwise leave ten thousand versions of its row for each next one to look through.
# A floor that would break raises TP001 with the facts as JSON in its detail; a closed year TP002; a retry
# key that has posted before breaks hour_transfers_posted_once at once, whatever the balances are now.
POSTING = """
CREATE OR REPLACE FUNCTION post_hour_transfers(
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
    v_takes_from_pool CONSTANT boolean := 'pool' = ANY (p_from_accounts);
    v_moves_pool CONSTANT boolean := v_takes_from_pool OR 'pool' = ANY (p_to_accounts);
    v_pool hour_pools;
    v_balance hour_balances;
    -- The balances as they become: seven for each holder. Before them what is added to the study centre's own: state,
    -- pool, returned.
    v_held integer[] := array_fill(0, ARRAY[7 * (v_holders + 1)]);
    v_available integer := 0;
    v_left integer;
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

    SELECT * INTO v_pool FROM hour_pools WHERE study_centre_id = v_centre AND year = p_year FOR KEY SHARE;
    IF NOT FOUND THEN
        INSERT INTO hour_pools (year) VALUES (p_year) ON CONFLICT DO NOTHING;
        SELECT * INTO v_pool FROM hour_pools WHERE study_centre_id = v_centre AND year = p_year FOR KEY SHARE;
    END IF;

    -- The new balances of a large distribution at once: each statement reads the table's checks again. Whoever posts
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

    IF v_takes_from_pool THEN
        SELECT pool INTO v_available FROM hour_pools
        WHERE study_centre_id = v_centre AND year = p_year FOR NO KEY UPDATE;
    END IF;

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

        v_left := v_held[v_from] + CASE p_from_accounts[i] WHEN 'pool' THEN v_available ELSE 0 END;
        IF p_from_accounts[i] <> 'state' AND v_left < p_hours[i] THEN
            RAISE EXCEPTION 'an account would be overdrawn' USING ERRCODE = 'TP001', DETAIL = jsonb_build_object(
                'account', p_from_accounts[i], 'organisation_id', p_from_ids[i], 'available', v_left,
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

    UPDATE hour_balances b SET common = v_held[7 * h.place + 1], allotment = v_held[7 * h.place + 2],
        reserved = v_held[7 * h.place + 3], used = v_held[7 * h.place + 4], lapsed = v_held[7 * h.place + 5],
        returned = v_held[7 * h.place + 6], allotment_lapsed = v_held[7 * h.place + 7]
    FROM unnest(p_holder_ids, p_holder_central_ids) WITH ORDINALITY h (id, central_id, place)
    WHERE b.study_centre_id = v_centre AND b.central_organisation_id = h.central_id
        AND b.year = p_year AND b.organisation_id = h.id;
    IF v_moves_pool THEN
        UPDATE hour_pools SET state = state + v_held[1], pool = pool + v_held[2], returned = returned + v_held[6]
        WHERE study_centre_id = v_centre AND year = p_year;
    END IF;
END $$;
"""
