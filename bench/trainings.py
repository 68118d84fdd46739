"""Training courses by the million, written by SQL: plans, statements, transfers, balances and the figures, as the
service would have written them, in the ten years before this one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from bench.world import World

YEARS = 10
# Constraints to other tables are not checked meanwhile, since the rows are right and checking takes minutes. The
# figures are not counted course by course either: `count_again` counts all of them at the end.
SETTING = """
SET session_replication_role = replica;
SET work_mem = '256MB';
CREATE FUNCTION pg_temp.draw(n bigint, what integer, sides integer) RETURNS integer LANGUAGE sql IMMUTABLE
RETURN ((hashint8(n * 32 + what)::bigint & 2147483647) % sides)::integer;
CREATE TEMPORARY TABLE places AS
SELECT row_number() OVER (ORDER BY central_organisation_id, id) - 1 AS place, central_organisation_id AS central, id
FROM organisations WHERE id <> central_organisation_id;
CREATE TEMPORARY TABLE topics AS SELECT row_number() OVER (ORDER BY code) - 1 AS place, code FROM topic_classes
"""
# Of a hundred courses 80 were held, 5 are approved, 3 submitted, 3 cancelled, 3 lapsed, 2 reversed, 3 drafts and 1 was
# rejected; one in ten is a peer group, one in twenty has no support. An organisation has four topics and two
# municipalities.
ONE_YEAR = """
CREATE TEMPORARY TABLE made AS
SELECT *, supported AND outcome <> 'draft' AS reserves,
    CASE WHEN is_allotted THEN 'allotment' ELSE 'common' END AS account,
    CASE WHEN is_allotted THEN organisation_id ELSE central END AS holder,
    CASE WHEN NOT supported THEN 0 WHEN outcome = 'held' THEN hours - short ELSE hours END AS used,
    of_age + under_age - other - (of_age + under_age) / 2 AS female, (of_age + under_age) / 2 AS male,
    starts_at + hours * interval '45 minutes' AS ends_at
FROM (
    SELECT n, uuidv7() AS id, uuidv7() AS statement_id, p.id AS organisation_id, p.central,
        CASE WHEN pg_temp.draw(n, 3, 10) = 0 THEN 'peer_group' ELSE 'training' END AS hour_type,
        pg_temp.draw(n, 2, 20) > 0 AS supported,
        (enum.outcomes)[1 + width_bucket(pg_temp.draw(n, 1, 100), ARRAY[80, 85, 88, 91, 94, 96, 99])] AS outcome,
        6 + pg_temp.draw(n, 4, 15) AS hours, (pg_temp.draw(n, 5, 5) = 0)::integer AS short,
        make_timestamptz(%(year)s, 1 + pg_temp.draw(n, 6, 12), 1 + pg_temp.draw(n, 7, 28), 8, 0, 0, 'Europe/Helsinki')
            AS starts_at,
        (ARRAY['in_person', 'online', 'hybrid'])[1 + width_bucket(pg_temp.draw(n, 8, 10), ARRAY[7, 9])] AS mode,
        t.code AS topic, lpad((1 + (p.place * 3 + pg_temp.draw(n, 10, 2)) %% 309)::text, 3, '0') AS municipality,
        6 + pg_temp.draw(n, 11, 15) AS of_age, pg_temp.draw(n, 12, 3) AS under_age,
        (pg_temp.draw(n, 13, 20) = 0)::integer AS other,
        pg_temp.draw(n, 14, 2) = 0 AND pg_temp.draw(n, 3, 10) > 0 AS is_allotted
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
    JOIN places p ON p.place = n %% %(units)s
    JOIN topics t ON t.place = (p.place * 7 + pg_temp.draw(n, 9, 4)) %% 26
    CROSS JOIN (VALUES (ARRAY['held', 'approved', 'submitted', 'cancelled', 'lapsed', 'reversed', 'draft', 'rejected']))
        enum (outcomes)
) drawn
ORDER BY n;

INSERT INTO hour_pools (year, hour_type, state)
SELECT %(year)s, hour_type, -sum(hours) FILTER (WHERE reserves) - 2000 * count(DISTINCT central)
FROM made GROUP BY hour_type;

INSERT INTO hour_transfers (id, year, hour_type, kind, hours, central_organisation_id, from_account,
    from_organisation_id, to_account, to_organisation_id, cause_type, cause_id, actor_id, made_at, retry_key, ordinal)
SELECT uuidv7(), %(year)s, hour_type, kind, given.hours, central, from_account, from_id, to_account, to_id, 'bench',
    gen_random_uuid(), %(person)s, make_date(%(year)s, 1, 1), sha256(gen_random_uuid()::text::bytea), 1
FROM (
    SELECT 1 AS step, hour_type, 'pool' AS kind, -state AS hours, NULL::uuid AS central, 'state' AS from_account,
        NULL::uuid AS from_id, 'pool' AS to_account, NULL::uuid AS to_id
    FROM hour_pools WHERE year = %(year)s
    UNION ALL
    SELECT 2, hour_type, 'grant', coalesce(sum(hours) FILTER (WHERE reserves), 0) + 2000, central, 'pool', NULL,
        'common', central
    FROM made GROUP BY hour_type, central
    UNION ALL
    SELECT 3, 'training', 'distribution', sum(hours) + 100, central, 'common', central, 'allotment', organisation_id
    FROM made WHERE reserves AND is_allotted GROUP BY central, organisation_id
) given ORDER BY step;

INSERT INTO trainings (id, reference, hour_type, organisation_id, central_organisation_id, year, name, search_text,
    topic, target_group, goals, content, methods, mode, language, sessions, trainers, planned_participants, budget,
    responsible_person_id, declarations, supported, hours, starts_at, ends_at, starts_on, ends_on, state, created_by,
    created_at, submitted_by, submitted_at, decided_by, decided_at, ended_at, changed_at, stated, senders)
SELECT id, '%(year)s-' || 1000000 + n, hour_type, organisation_id, central, %(year)s, 'Kurssi ' || n, 'kurssi ' || n,
    topic, 'Jäsenet', 'Osaaminen kasvaa', 'Luento ja harjoituksia', 'Ryhmätyö', mode, 'fi',
    jsonb_build_array(jsonb_build_object('starts_at', starts_at, 'ends_at', ends_at, 'break_minutes', 0,
        'parallel_groups', 1, 'places', CASE mode WHEN 'online' THEN '[]' ELSE
            jsonb_build_array(jsonb_build_object('name', 'Järjestötalo', 'municipality', municipality)) END)),
    '[{"name": "Matti Mittari"}]', of_age, '[]', %(person)s, '{"not_sold": true, "no_qualification": true}', supported,
    hours, starts_at, ends_at, starts_at::date, starts_at::date,
    CASE WHEN outcome IN ('held', 'reversed') THEN 'approved' ELSE outcome END, %(person)s, submitted_at,
    CASE WHEN outcome <> 'draft' THEN %(person)s::uuid END, CASE WHEN outcome <> 'draft' THEN submitted_at END,
    CASE WHEN outcome NOT IN ('draft', 'submitted') THEN %(person)s::uuid END,
    CASE WHEN outcome NOT IN ('draft', 'submitted') THEN submitted_at + interval '7 days' END,
    CASE WHEN outcome IN ('cancelled', 'lapsed') THEN ends_at END, ends_at, outcome = 'held',
    CASE WHEN outcome = 'draft' THEN '{}' ELSE ARRAY[%(person)s::uuid] END
FROM made CROSS JOIN LATERAL (SELECT starts_at - interval '30 days' AS submitted_at) submission ORDER BY n;

INSERT INTO cost_statements (id, reference, training_id, organisation_id, central_organisation_id, year, hours,
    participants, costs, declarations, state, support, costs_cents, support_cents, used_hours, payment_state,
    created_by, created_at, submitted_by, submitted_at, decided_by, decided_at, reversed_by, reversed_at,
    reversal_reason, changed_at, senders)
SELECT statement_id, '%(year)s-' || 50000000 + n, id, organisation_id, central, %(year)s, hours - short,
    jsonb_build_object('of_age', of_age, 'under_age', under_age, 'female', female, 'male', male, 'other', other),
    jsonb_build_array(jsonb_build_object('category', 'teaching_fees', 'cents', hours * 4000, 'note', '')),
    '{"booked": true, "separable": true}', CASE outcome WHEN 'held' THEN 'approved' ELSE 'reversed' END,
    jsonb_build_object('cents', support_cents, 'currency', 'EUR', 'hours', used, 'final', true),
    hours * 4000, support_cents, CASE outcome WHEN 'held' THEN used ELSE 0 END,
    CASE WHEN support_cents > 0 THEN 'payable' ELSE 'none' END,
    %(person)s, ends_at, %(person)s, ends_at + interval '10 days', %(person)s, ends_at + interval '20 days',
    CASE outcome WHEN 'reversed' THEN %(person)s::uuid END,
    CASE outcome WHEN 'reversed' THEN ends_at + interval '30 days' END,
    CASE outcome WHEN 'reversed' THEN 'Virhe' END, ends_at + interval '30 days', ARRAY[%(person)s::uuid]
FROM made CROSS JOIN LATERAL (SELECT CASE outcome WHEN 'held' THEN used * 1700 ELSE 0 END AS support_cents) support
WHERE outcome IN ('held', 'reversed') ORDER BY n;

INSERT INTO hour_transfers (id, year, hour_type, kind, hours, central_organisation_id, from_account,
    from_organisation_id, to_account, to_organisation_id, cause_type, cause_id, actor_id, made_at, retry_key, ordinal)
SELECT uuidv7(), %(year)s, hour_type, kind, move.hours, central, from_account, holder, to_account, holder, hour_type,
    id, %(person)s, made_at, uuid_send(id), ordinal
FROM made CROSS JOIN LATERAL (VALUES
    (1, 'reservation', hours, account, 'reserved', starts_at - interval '30 days', true),
    (2, 'use', used, 'reserved', 'used', ends_at + interval '20 days', outcome IN ('held', 'reversed')),
    (3, 'release', hours - used, 'reserved', account, ends_at + interval '20 days', outcome = 'held' AND hours > used),
    (4, 'release', hours, 'reserved', account, ends_at, outcome IN ('cancelled', 'lapsed', 'rejected')),
    (5, 'reversal', used, 'used', account, ends_at + interval '30 days', outcome = 'reversed')
) move (ordinal, kind, hours, from_account, to_account, made_at, happens)
WHERE reserves AND happens ORDER BY n, ordinal;

INSERT INTO hour_balances (central_organisation_id, year, organisation_id, hour_type, common, allotment, reserved, used)
SELECT central_organisation_id, %(year)s, organisation_id, hour_type,
    coalesce(sum(hours) FILTER (WHERE account = 'common'), 0),
    coalesce(sum(hours) FILTER (WHERE account = 'allotment'), 0),
    coalesce(sum(hours) FILTER (WHERE account = 'reserved'), 0),
    coalesce(sum(hours) FILTER (WHERE account = 'used'), 0)
FROM (
    SELECT central_organisation_id, to_organisation_id AS organisation_id, hour_type, to_account AS account, hours
    FROM hour_transfers WHERE year = %(year)s AND to_organisation_id IS NOT NULL
    UNION ALL
    SELECT central_organisation_id, from_organisation_id, hour_type, from_account, -hours
    FROM hour_transfers WHERE year = %(year)s AND from_organisation_id IS NOT NULL
) moves GROUP BY central_organisation_id, organisation_id, hour_type;

DROP TABLE made
"""
COUNTING = """
SET session_replication_role = DEFAULT;
SET work_mem = '256MB';
SET jit = off;
ANALYZE trainings;
ANALYZE cost_statements;
ANALYZE hour_transfers;
SELECT count_again();
VACUUM ANALYZE;
CHECKPOINT
"""


@contextmanager
def superuser_of(world: World) -> Iterator[psycopg.Connection[Any]]:
    options = f"-c app.study_centre_id={world.centre_id} -c timezone=Europe/Helsinki"
    with psycopg.connect(
        world.addresses.admin,
        dbname="tuntipankki",
        autocommit=True,
        options=options,
        cursor_factory=psycopg.ClientCursor[Any],
    ) as connection:
        yield connection


def add_trainings(world: World, count: int) -> None:
    """So many courses, as many in each of the ten years before the world's, spread over all its units."""
    with superuser_of(world) as connection:
        [(person,)] = connection.execute("SELECT person_id FROM role_grants WHERE role = 'staff'").fetchall()
        _run(connection, SETTING)
        [(units,)] = connection.execute("SELECT count(*) FROM places").fetchall()
        each = count // YEARS
        for number in range(YEARS):
            values = {
                "year": world.year - YEARS + number,
                "first": number * each + 1,
                "last": (number + 1) * each,
                "units": units,
                "person": person,
            }
            _run(connection, ONE_YEAR, values)
    with superuser_of(world) as connection:
        _run(connection, COUNTING)


def _run(connection: psycopg.Connection[Any], script: str, values: dict[str, object] | None = None) -> None:
    for statement in script.split(";\n"):
        connection.execute(statement.encode(), values)
