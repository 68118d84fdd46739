"""Hour types: peer groups have hours of their own. And reversals, by which used hours are free again."""

from alembic import context, op

revision = "hour_types"
down_revision = "support_rules"
branch_labels = None
depends_on = None

# They are made again in the same transaction, under the same names.
DROP_VIEWS = """
    -- squawk-ignore ban-drop-view
    DROP VIEW ledger_years_astray, ledger_balances_astray, ledger_pools_astray, ledger_accounts_overdrawn;
"""
DROP_FUNCTIONS = """
    -- squawk-ignore ban-drop-function
    DROP FUNCTION post_hour_transfers, lock_hour_balances, lock_hour_pool, hold_hour_pool;
"""
TABLES = ("hour_pools", "hour_balances", "hour_transfers")
# Few rows, or those that are there satisfy them: they are validated by the next revision.
OF_TYPE = {
    "hour_balances": """
        ADD CONSTRAINT hour_balances_of_type CHECK (
            hour_type = 'training' OR (hour_type = 'peer_group' AND organisation_id = central_organisation_id)
        ) NOT VALID
    """,
    "hour_transfers": """
        ADD CONSTRAINT hour_transfers_of_type CHECK (
            hour_type = 'training' OR (hour_type = 'peer_group' AND kind IN
                ('pool', 'grant', 'reservation', 'release', 'use', 'reversal', 'lapse', 'correction'))) NOT VALID,
        ADD CONSTRAINT hour_transfers_reversal_to_holder CHECK (
            kind <> 'reversal' OR to_account <> 'allotment' OR from_organisation_id = to_organisation_id) NOT VALID
    """,
}


def upgrade() -> None:
    for table in (*TABLES, "hour_corrections"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN hour_type text NOT NULL DEFAULT 'training'")
    # Pools are some dozens, corrections some dozens a year: checking all of them takes no time.
    op.execute("""
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE hour_pools ADD CONSTRAINT hour_pools_of_type CHECK (hour_type IN ('training', 'peer_group'));
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE hour_corrections ADD CONSTRAINT hour_corrections_of_type
            CHECK (hour_type IN ('training', 'peer_group'));
    """)
    for table, constraints in OF_TYPE.items():
        op.execute(f"ALTER TABLE {table} {constraints}")
    _allow("hour_transfers_accounts_by_kind", instead_of="hour_transfers_accounts_of_kind", reverses=True)
    op.execute(DROP_VIEWS)
    _key_of_pools("year, hour_type")
    op.execute(DROP_FUNCTIONS)
    op.execute(LOCKS)
    op.execute(POSTING)
    op.execute(LOCK_YEAR)
    for view in _views():
        op.execute(view)
    op.execute(RIGHTS)


def downgrade() -> None:
    """Only where no hours of peer groups moved, and none were reversed: the ledger keeps what it has."""
    op.execute(DROP_VIEWS)
    op.execute(DROP_FUNCTIONS)
    _key_of_pools("year")
    _allow("hour_transfers_accounts_of_kind", instead_of="hour_transfers_accounts_by_kind", reverses=False)
    # Their constraints go with the columns.
    op.execute("""
        ALTER TABLE hour_transfers DROP CONSTRAINT hour_transfers_reversal_to_holder,
            VALIDATE CONSTRAINT hour_transfers_accounts_of_kind, VALIDATE CONSTRAINT hour_transfers_pool_fkey;
        ALTER TABLE hour_balances VALIDATE CONSTRAINT hour_balances_pool_fkey;
    """)
    for table in (*TABLES, "hour_corrections"):
        op.execute(f"ALTER TABLE {table} DROP COLUMN hour_type")
    ledger = context.script.get_revision("hours_ledger").module
    for function in ledger.FUNCTIONS.split("CREATE FUNCTION "):
        if function.startswith(("lock_hour_year", "lock_hour_balances")):
            op.execute("CREATE OR REPLACE FUNCTION " + function)
    returns = context.script.get_revision("return_cancellations").module
    op.execute(context.script.get_revision("pool_last").module.LOCKS)
    op.execute(returns._posting(cancels=True))
    op.execute(ledger.VIEWS)
    for view in returns._views(cancels=True):
        op.execute(view)
    op.execute(RIGHTS)


def _allow(name: str, *, instead_of: str, reverses: bool) -> None:
    """Let transfers have the accounts of their kinds. What is there satisfies the older constraint, and so this one."""
    reversal = "WHEN 'reversal' THEN from_account = 'used' AND to_account IN ('common', 'allotment', 'lapsed')"
    op.execute(f"""
        ALTER TABLE hour_transfers ADD CONSTRAINT {name} CHECK (
            CASE kind
                WHEN 'pool' THEN (from_account, to_account) IN (('state', 'pool'), ('pool', 'state'))
                WHEN 'grant' THEN (from_account, to_account) = ('pool', 'common')
                WHEN 'supplementary_grant' THEN (from_account, to_account) = ('pool', 'common')
                WHEN 'distribution' THEN (from_account, to_account) = ('common', 'allotment')
                WHEN 'recall' THEN (from_account, to_account) = ('allotment', 'common')
                WHEN 'return' THEN (from_account, to_account) = ('common', 'pool')
                WHEN 'return_cancellation' THEN (from_account, to_account) = ('pool', 'common')
                WHEN 'reservation' THEN to_account = 'reserved' AND from_account IN ('common', 'allotment')
                WHEN 'release' THEN from_account = 'reserved' AND to_account IN ('common', 'allotment')
                WHEN 'use' THEN (from_account, to_account) = ('reserved', 'used')
                {reversal if reverses else ""}
                WHEN 'lapse' THEN (from_account, to_account) IN (('common', 'lapsed'), ('allotment', 'lapsed'))
                WHEN 'correction' THEN (from_account, to_account) IN
                    (('pool', 'common'), ('common', 'pool'), ('pool', 'lapsed'), ('lapsed', 'pool'))
                ELSE false
            END) NOT VALID;
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE hour_transfers DROP CONSTRAINT {instead_of};
    """)


def _key_of_pools(columns: str) -> None:
    """Change the key of pools, which are some dozens. Those who refer to it are checked by the next revision."""
    op.execute(f"""
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE hour_transfers DROP CONSTRAINT hour_transfers_pool_fkey;
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE hour_balances DROP CONSTRAINT hour_balances_pool_fkey;
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE hour_pools DROP CONSTRAINT hour_pools_pkey;
        -- squawk-ignore adding-serial-primary-key-field, constraint-missing-not-valid
        ALTER TABLE hour_pools ADD CONSTRAINT hour_pools_pkey PRIMARY KEY (study_centre_id, {columns});
        ALTER TABLE hour_transfers ADD CONSTRAINT hour_transfers_pool_fkey
            FOREIGN KEY (study_centre_id, {columns}) REFERENCES hour_pools NOT VALID;
        ALTER TABLE hour_balances ADD CONSTRAINT hour_balances_pool_fkey
            FOREIGN KEY (study_centre_id, {columns}) REFERENCES hour_pools NOT VALID;
    """)


# The pool of trainings stands for the year. Everybody locks it first, FOR KEY SHARE, whatever hours move, and its
# `closed_at` is the year's; only the closing takes it FOR UPDATE. The other pool of the year has a row when hours of
# its type move, with the same `closed_at`.
LOCKS = """
CREATE FUNCTION hold_hour_pool(p_year smallint, p_hour_type text DEFAULT 'training') RETURNS hour_pools
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    v_name CONSTANT text := concat('hour_pools ', own_study_centre(), ' ', p_year,
        CASE WHEN p_hour_type <> 'training' THEN ' ' || p_hour_type END);
    found_pool hour_pools;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(v_name, 0));
    SELECT * INTO found_pool FROM hour_pools
    WHERE study_centre_id = own_study_centre() AND year = p_year AND hour_type = 'training' FOR KEY SHARE;
    IF NOT FOUND THEN
        INSERT INTO hour_pools (year) VALUES (p_year) ON CONFLICT DO NOTHING;
        SELECT * INTO found_pool FROM hour_pools
        WHERE study_centre_id = own_study_centre() AND year = p_year AND hour_type = 'training' FOR KEY SHARE;
    END IF;
    IF p_hour_type <> 'training' THEN
        INSERT INTO hour_pools (year, hour_type, closed_at) VALUES (p_year, p_hour_type, found_pool.closed_at)
        ON CONFLICT DO NOTHING;
        SELECT * INTO found_pool FROM hour_pools
        WHERE study_centre_id = own_study_centre() AND year = p_year AND hour_type = p_hour_type FOR KEY SHARE;
    END IF;
    RETURN found_pool;
END $$;

CREATE FUNCTION lock_hour_pool(p_year smallint, p_hour_type text DEFAULT 'training') RETURNS hour_pools
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found_pool hour_pools;
BEGIN
    PERFORM hold_hour_pool(p_year, p_hour_type);
    SELECT * INTO found_pool FROM hour_pools
    WHERE study_centre_id = own_study_centre() AND year = p_year AND hour_type = p_hour_type FOR NO KEY UPDATE;
    RETURN found_pool;
END $$;

CREATE FUNCTION lock_hour_balances(
    p_year smallint, p_central_organisation_id uuid, p_hour_type text DEFAULT 'training'
) RETURNS SETOF hour_balances
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM hour_pools
    WHERE study_centre_id = own_study_centre() AND year = p_year AND hour_type = 'training' FOR KEY SHARE;
    RETURN QUERY SELECT * FROM hour_balances
    WHERE study_centre_id = own_study_centre() AND year = p_year AND hour_type = p_hour_type
        AND central_organisation_id = p_central_organisation_id
    ORDER BY organisation_id
    FOR NO KEY UPDATE;
END $$;
"""

LOCK_YEAR = """
CREATE OR REPLACE FUNCTION lock_hour_year(p_year smallint) RETURNS hour_pools
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found_pool hour_pools;
BEGIN
    -- Not by way of lock_hour_pool: who strengthens a lock can meet another who waits for the weaker one.
    INSERT INTO hour_pools (year) VALUES (p_year) ON CONFLICT DO NOTHING;
    SELECT * INTO found_pool FROM hour_pools
    WHERE study_centre_id = own_study_centre() AND year = p_year AND hour_type = 'training' FOR UPDATE;
    RETURN found_pool;
END $$;
"""

# One call posts a whole set of one type: the retry key is looked up before the balances, every floor is checked,
# entries are written, balances are moved. Balances are moved in memory and each row is written once, at the end: ten
# thousand transfers from one account would otherwise leave ten thousand versions of its row for each next one to look
# through. A floor that would break raises TP001 with the facts as JSON in its detail; a closed year TP002; a retry
# key that has posted before breaks hour_transfers_posted_once at once, whatever the balances are now.
#
# Plans are generic, and each reads one row by its whole key. A plan for the arrays of one call costs more than it
# saves; and balances that PostgreSQL has not counted yet, joined with arrays, would all be read for each element.
POSTING = """
CREATE FUNCTION post_hour_transfers(
    p_year smallint, p_retry_key bytea, p_cause_type text, p_cause_id uuid, p_actor_id uuid, p_made_at timestamptz,
    p_holder_ids uuid[], p_holder_central_ids uuid[],
    p_ids uuid[], p_kinds text[], p_hours integer[], p_central_ids uuid[],
    p_from_accounts text[], p_from_ids uuid[], p_to_accounts text[], p_to_ids uuid[],
    p_cause_ids uuid[] DEFAULT NULL, p_hour_type text DEFAULT 'training'
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
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
    v_of_closed_year boolean;
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

    SELECT * INTO v_pool FROM hour_pools
    WHERE study_centre_id = v_centre AND year = p_year AND hour_type = 'training' FOR KEY SHARE;
    IF NOT FOUND THEN
        INSERT INTO hour_pools (year) VALUES (p_year) ON CONFLICT DO NOTHING;
        SELECT * INTO v_pool FROM hour_pools
        WHERE study_centre_id = v_centre AND year = p_year AND hour_type = 'training' FOR KEY SHARE;
    END IF;
    IF p_hour_type <> 'training' THEN
        INSERT INTO hour_pools (year, hour_type, closed_at) VALUES (p_year, p_hour_type, v_pool.closed_at)
        ON CONFLICT DO NOTHING;
    END IF;

    -- The new balances of a large distribution at once: each statement reads the table's checks again. Whoever posts
    -- so many holds the tree's balances already, so nobody waits for these while holding one of those.
    IF v_holders > 2 THEN
        INSERT INTO hour_balances (central_organisation_id, year, hour_type, organisation_id, closed)
        SELECT h.central_id, p_year, p_hour_type, h.id, v_pool.closed_at IS NOT NULL
        FROM unnest(p_holder_ids, p_holder_central_ids) WITH ORDINALITY h (id, central_id, place)
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
            AND year = p_year AND hour_type = p_hour_type AND organisation_id = p_holder_ids[i] FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            INSERT INTO hour_balances (central_organisation_id, year, hour_type, organisation_id, closed)
            VALUES (p_holder_central_ids[i], p_year, p_hour_type, p_holder_ids[i], v_pool.closed_at IS NOT NULL)
            ON CONFLICT DO NOTHING;
            SELECT * INTO v_balance FROM hour_balances
            WHERE study_centre_id = v_centre AND central_organisation_id = p_holder_central_ids[i]
                AND year = p_year AND hour_type = p_hour_type AND organisation_id = p_holder_ids[i] FOR NO KEY UPDATE;
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
        WHERE study_centre_id = v_centre AND year = p_year AND hour_type = p_hour_type FOR NO KEY UPDATE;
    END IF;

    FOR i IN 1 .. array_length(p_ids, 1) LOOP
        -- In a closed year only corrections of what has lapsed are made, and reversals, whose hours lapse.
        v_of_closed_year := p_kinds[i] = 'correction' AND 'lapsed' IN (p_from_accounts[i], p_to_accounts[i])
            OR p_kinds[i] = 'reversal' AND p_to_accounts[i] = 'lapsed';
        IF v_pool.closed_at IS NOT NULL AND NOT v_of_closed_year THEN
            RAISE EXCEPTION 'the year is closed' USING ERRCODE = 'TP002',
                DETAIL = jsonb_build_object('year', p_year, 'closed_at', v_pool.closed_at)::text;
        END IF;
        IF v_pool.closed_at IS NULL AND v_of_closed_year THEN
            RAISE EXCEPTION 'nothing has lapsed in an open year';
        END IF;

        -- A unit that has moved to another centre is given nothing by the old one, which did not see it go: the
        -- transaction that moves it holds the balances meanwhile (app/db/organisations/holdings.py). The call may be
        -- tried again.
        IF p_kinds[i] = 'distribution' OR p_kinds[i] = 'reversal' AND p_to_accounts[i] = 'allotment' THEN
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
        ELSIF p_kinds[i] = 'return_cancellation' THEN
            v_held[6] := v_held[6] - p_hours[i];
            v_held[7 * v_places[2] + 6] := v_held[7 * v_places[2] + 6] - p_hours[i];
        ELSIF p_kinds[i] = 'lapse' AND p_from_accounts[i] = 'allotment' THEN
            v_held[7 * v_places[1] + 7] := v_held[7 * v_places[1] + 7] + p_hours[i];
        ELSIF p_kinds[i] = 'reversal' AND p_to_accounts[i] = 'lapsed' AND p_from_ids[i] <> p_to_ids[i] THEN
            v_held[7 * v_places[1] + 7] := v_held[7 * v_places[1] + 7] + p_hours[i];
        END IF;
    END LOOP;

    INSERT INTO hour_transfers (id, year, hour_type, kind, hours, central_organisation_id, from_account,
        from_organisation_id, to_account, to_organisation_id, cause_type, cause_id, actor_id, made_at,
        retry_key, ordinal)
    SELECT t.id, p_year, p_hour_type, t.kind, t.hours, t.central_id, t.from_account, t.from_id, t.to_account, t.to_id,
        p_cause_type, coalesce(t.cause_id, p_cause_id), p_actor_id, p_made_at, p_retry_key, t.ordinal
    FROM unnest(p_ids, p_kinds, p_hours, p_central_ids, p_from_accounts, p_from_ids, p_to_accounts, p_to_ids,
        p_cause_ids)
        WITH ORDINALITY t (id, kind, hours, central_id, from_account, from_id, to_account, to_id, cause_id, ordinal)
    ORDER BY t.ordinal;

    FOR i IN 1 .. v_holders LOOP
        UPDATE hour_balances SET common = v_held[7 * i + 1], allotment = v_held[7 * i + 2],
            reserved = v_held[7 * i + 3], used = v_held[7 * i + 4], lapsed = v_held[7 * i + 5],
            returned = v_held[7 * i + 6], allotment_lapsed = v_held[7 * i + 7]
        WHERE study_centre_id = v_centre AND central_organisation_id = p_holder_central_ids[i]
            AND year = p_year AND hour_type = p_hour_type AND organisation_id = p_holder_ids[i];
    END LOOP;
    IF v_moves_pool THEN
        UPDATE hour_pools SET state = state + v_held[1], pool = pool + v_held[2], returned = returned + v_held[6]
        WHERE study_centre_id = v_centre AND year = p_year AND hour_type = p_hour_type;
    END IF;
END $$;
"""


def _views() -> list[str]:
    """The views of the ledger, by type. A reversal in a closed year leaves a unit's allotment as large as it was."""
    ledger = context.script.get_revision("hours_ledger").module
    returns = context.script.get_revision("return_cancellations").module
    years, _, _, overdrawn = (f"CREATE VIEW{view}" for view in ledger.VIEWS.split("CREATE VIEW")[1:])
    return [_by_type(view) for view in (years, *returns._views(cancels=True), overdrawn)]


def _by_type(view: str) -> str:
    lapsed = "kind = 'lapse' AND from_account = 'allotment'"
    reversed_ = "kind = 'reversal' AND to_account = 'lapsed' AND from_organisation_id <> to_organisation_id"
    for before, after in {
        "USING (study_centre_id, year)": "USING (study_centre_id, year, hour_type)",
        "USING (study_centre_id, central_organisation_id, year, organisation_id)": (
            "USING (study_centre_id, central_organisation_id, year, organisation_id, hour_type)"
        ),
        "GROUP BY study_centre_id, year\n": "GROUP BY study_centre_id, year, hour_type\n",
        "GROUP BY study_centre_id, central_organisation_id, year, organisation_id\n": (
            "GROUP BY study_centre_id, central_organisation_id, year, organisation_id, hour_type\n"
        ),
        "GROUP BY p.study_centre_id, p.year\n": "GROUP BY p.study_centre_id, p.year, p.hour_type\n",
        "AS difference\n": "AS difference, p.hour_type\n",
        "SELECT study_centre_id, year, sum(": "SELECT study_centre_id, year, hour_type, sum(",
        "AS returned, 0 AS allotment_lapsed\n": "AS returned, 0 AS allotment_lapsed, hour_type\n",
        f"CASE WHEN {lapsed} THEN hours ELSE 0 END\n": (
            f"CASE WHEN {lapsed}\n            OR {reversed_}\n            THEN hours ELSE 0 END, hour_type\n"
        ),
        "sum(allotment_lapsed) AS allotment_lapsed\n": "sum(allotment_lapsed) AS allotment_lapsed, hour_type\n",
        "SELECT study_centre_id, year, central_organisation_id, organisation_id\n": (
            "SELECT study_centre_id, year, central_organisation_id, organisation_id, hour_type\n"
        ),
        "SELECT p.study_centre_id, p.year\n": "SELECT p.study_centre_id, p.year, p.hour_type\n",
        "NULL::uuid AS organisation_id FROM": "NULL::uuid AS organisation_id, hour_type FROM",
        "SELECT study_centre_id, year, organisation_id FROM hour_balances": (
            "SELECT study_centre_id, year, organisation_id, hour_type FROM hour_balances"
        ),
    }.items():
        view = view.replace(before, after)
    return view


RIGHTS = """
REVOKE EXECUTE ON FUNCTION hold_hour_pool, lock_hour_pool, lock_hour_balances, post_hour_transfers FROM PUBLIC;
SELECT grant_to_service('EXECUTE', 'FUNCTION ' || function_name)
FROM unnest(ARRAY['hold_hour_pool', 'lock_hour_pool', 'lock_hour_balances', 'post_hour_transfers']) function_name;
SELECT grant_to_service('SELECT', relation_name)
FROM unnest(ARRAY['ledger_years_astray', 'ledger_balances_astray', 'ledger_pools_astray',
                  'ledger_accounts_overdrawn']) relation_name;
"""
