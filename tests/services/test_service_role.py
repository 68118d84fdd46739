"""What the service's role cannot do with the functions and the tables that it has: each test is an attack."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.errors import CheckViolation, ForeignKeyViolation, InsufficientPrivilege, RaiseException

from app.db.hours.ledger import posting, posting_of
from app.db.identifiers import new_id
from app.domain.hours.ledger import Transfer, distribution, grant, lapse, pool_change
from app.local.embedded_postgres import Addresses
from tests.builders import FOREVER, Centre

YEAR = 2023
Role = psycopg.Connection[Any]
AT_ONCE = "SET CONSTRAINTS ALL IMMEDIATE"


@pytest.fixture
def central(centre: Centre) -> UUID:
    central = centre.organisation()
    centre.post(YEAR, pool_change(1000), grant(central, 500))
    return central


@pytest.fixture
def unit(centre: Centre, central: UUID) -> UUID:
    return centre.organisation(central)


@pytest.fixture
def role(centre: Centre, database: Addresses) -> Iterator[Role]:
    options = f"-c app.study_centre_id={centre.id}"
    with psycopg.connect(database.service, autocommit=True, options=options) as connection:
        yield connection


@pytest.fixture
def other(new_centre: Callable[[], AbstractContextManager[Centre]]) -> Iterator[Centre]:
    with new_centre() as centre:
        yield centre


def post(role: Role, *transfers: Transfer, at: datetime | str = FOREVER, **changed: Any) -> None:
    parameters = posting_of(YEAR, "test", new_id(), transfers, retry_key=new_id().bytes, actor_id=None, made_at=FOREVER)
    role.execute(posting.sql, {**parameters, "posting_made_at": at, **changed})


def test_it_makes_no_caller_of_another_study_centre(role: Role, other: Centre) -> None:
    victim = other.staff()
    with pytest.raises(InsufficientPrivilege, match="row-level security"):
        role.execute("INSERT INTO callers VALUES ('https://evil.example', 'me', %s, %s)", [other.id, victim.id])
    with pytest.raises(psycopg.Error), role.cursor().copy("COPY callers FROM STDIN") as copy:
        copy.write_row(["https://evil.example", "me", other.id, victim.id, None, None])
    for statement in ("UPDATE callers SET person_id = NULL", "DELETE FROM callers", "SELECT FROM callers"):
        with pytest.raises(InsufficientPrivilege):
            role.execute(statement.encode())


def test_it_gives_nobodys_sign_in_away_who_was_not_merged(role: Role, centre: Centre) -> None:
    victim, thief = centre.staff(), centre.person()
    with pytest.raises(RaiseException, match="was not merged"):
        role.execute("SELECT give_callers(%s, %s)", [victim.id, thief.id])
    with pytest.raises(RaiseException, match="were not erased"):
        role.execute("SELECT forget_people(%s)", [[victim.id]])
    assert victim.get("/v1/me").status_code == 200


def test_it_ends_no_calendar_feed_that_is_there(role: Role, centre: Centre) -> None:
    feed = centre.staff().post("/v1/me/calendar-feeds", {"name": "Kalenteri"}).json()
    [(digest,)] = centre.rows("SELECT digest FROM calendar_feeds WHERE id = %s", feed["id"])
    with pytest.raises(RaiseException, match="has not ended"):
        role.execute("SELECT forget_calendar_feed(%s)", [digest])


def test_it_grants_nothing_to_the_common_hours_of_a_unit(role: Role, unit: UUID) -> None:
    with pytest.raises(CheckViolation, match="does not belong"):
        post(role, grant(unit, 10))


def test_it_makes_no_balance_of_a_unit_under_a_stranger(role: Role, centre: Centre, central: UUID, unit: UUID) -> None:
    stranger = centre.organisation()
    holders = sorted([central, unit, stranger])
    with pytest.raises(CheckViolation, match="does not belong"):
        post(
            role,
            grant(stranger, 1),
            posting_holder_ids=sorted([unit, stranger]),
            posting_holder_central_ids=[stranger, stranger],
        )
    assert centre.rows("SELECT count(*) FROM hour_balances WHERE organisation_id = ANY (%s)", holders) == [(1,)]


def test_it_posts_nothing_for_organisations_of_another_study_centre(role: Role, central: UUID, other: Centre) -> None:
    theirs = other.organisation()
    with pytest.raises(ForeignKeyViolation):
        post(role, grant(theirs, 1))
    with pytest.raises(ForeignKeyViolation):
        post(role, distribution(central, theirs, 1))
    with pytest.raises(ForeignKeyViolation):
        post(role, grant(central, 1), posting_actor_id=other.staff().id)


def test_no_hours_lapse_in_a_year_that_stays_open(role: Role, centre: Centre, central: UUID) -> None:
    with pytest.raises(CheckViolation, match="when the year 2023 is closed"):
        post(role, lapse(central, central, 500))
    with role.transaction():
        post(role, lapse(central, central, 500))
        role.execute("SELECT close_hour_year(%s::smallint, %s)", [YEAR, FOREVER])
    assert centre.rows("SELECT lapsed, closed FROM hour_balances") == [(500, True)]


@pytest.mark.parametrize("at", ["infinity", "-infinity"])
def test_no_time_is_infinite(role: Role, centre: Centre, central: UUID, at: str) -> None:
    with pytest.raises(CheckViolation, match="hour_transfers_finite"):
        post(role, grant(central, 1), at=at)
    with pytest.raises(CheckViolation, match="hour_pools_finite"):
        role.execute("SELECT close_hour_year(2024::smallint, %s)", [at])
    record = f'[{{"id": "{new_id()}", "action": "a.b", "subject_id": "{new_id()}", "facts": {{}}}}]'
    with pytest.raises(CheckViolation, match="audit_entries_finite"):
        role.execute("SELECT write_down(NULL, NULL, NULL, NULL, NULL, NULL, %s, '', %s::jsonb)", [at, record])
    with pytest.raises(CheckViolation, match="outbox_finite"):
        role.execute(
            "INSERT INTO outbox (id, event, subject_id, facts, made_at) VALUES (%s, 'a.b', %s, '{}', %s)",
            [new_id(), new_id(), at],
        )
    with pytest.raises(CheckViolation, match="stored_answers_finite"):
        role.execute("INSERT INTO stored_answers VALUES (%s, '', '', 200, '{}', '', %s)", [centre.id, at])
    centre.staff().post("/v1/me/calendar-feeds", {"name": "Kalenteri"})
    [(feed_id,)] = centre.rows("SELECT id FROM calendar_feeds")
    with pytest.raises(CheckViolation, match="calendar_feeds_finite"):
        role.execute("SELECT keep_calendar_feed_events(%s, '2023-03-15', %s, '[]')", [feed_id, at])


def test_no_year_is_closed_at_no_time(role: Role) -> None:
    with pytest.raises(psycopg.errors.NullValueNotAllowed):
        role.execute("SELECT close_hour_year(2024::smallint, NULL)")


def test_it_makes_no_actor_by_a_trigger_of_its_own(role: Role) -> None:
    role.execute("CREATE TEMP TABLE persons (study_centre_id uuid, id uuid)")
    with pytest.raises(InsufficientPrivilege):
        role.execute("CREATE TRIGGER t AFTER INSERT ON persons FOR EACH ROW EXECUTE FUNCTION add_actor('person')")


class TestTemporaryTables:
    """A session that names them like ours, and its own schema first, does not change what functions see."""

    @pytest.fixture
    def shadowed(self, role: Role) -> Role:
        tables = role.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
            "AND has_table_privilege(oid, 'SELECT')"
        ).fetchall()
        for (table,) in tables:
            role.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM public.{table} WITH NO DATA".encode())
        role.execute("CREATE DOMAIN pg_temp.uuid AS text")
        role.execute("SET search_path = pg_temp, pg_catalog, public")
        return role

    def test_a_role_that_was_never_granted(self, shadowed: Role, centre: Centre) -> None:
        person = centre.person()
        shadowed.execute(
            "INSERT INTO role_grants (study_centre_id, id, person_id, role, valid_from) "
            "VALUES (%s, %s, %s, 'staff', %s)",
            [centre.id, new_id(), person.id, FOREVER],
        )
        assert shadowed.execute("SELECT roles FROM public.enter(%s, NULL, false)", [person.id]).fetchone() == ([],)
        shadowed.execute(
            "INSERT INTO persons (study_centre_id, id, erased_at) VALUES (%s, %s, now())", [centre.id, person.id]
        )
        assert shadowed.execute("SELECT is_gone FROM public.enter(%s, NULL, false)", [person.id]).fetchone() == (False,)

    def test_the_last_main_user(self, shadowed: Role, centre: Centre, central: UUID) -> None:
        centre.main_user(central)
        shadowed.execute(
            "INSERT INTO role_grants (study_centre_id, id, person_id, role, organisation_id, valid_from) "
            "VALUES (%s, %s, %s, 'main_user', %s, %s)",
            [centre.id, new_id(), new_id(), central, FOREVER],
        )
        with pytest.raises(CheckViolation, match="needs a successor"):
            shadowed.execute("UPDATE public.role_grants SET valid_until = %s", [FOREVER.replace(year=2001)])

    def test_a_proposal_for_a_unit_of_another_centre(self, shadowed: Role, centre: Centre, unit: UUID) -> None:
        stranger = centre.organisation()
        shadowed.execute(
            "INSERT INTO organisations (study_centre_id, id, central_organisation_id) VALUES (%s, %s, %s)",
            [centre.id, unit, stranger],
        )
        with pytest.raises(psycopg.errors.SerializationFailure, match="has moved"):
            shadowed.execute(
                "INSERT INTO public.hour_proposals (id, organisation_id, central_organisation_id, year, state, "
                "created_by, created_at) VALUES (%s, %s, %s, %s, 'draft', %s, %s)",
                [new_id(), unit, stranger, YEAR, centre.person().id, FOREVER],
            )

    def test_the_ledger(self, shadowed: Role, centre: Centre, unit: UUID) -> None:
        shadowed.execute("INSERT INTO hour_pools (study_centre_id, year, pool) VALUES (%s, %s, 9)", [centre.id, YEAR])
        shadowed.execute(
            "INSERT INTO organisations (study_centre_id, id, central_organisation_id) VALUES (%s, %s, %s)",
            [centre.id, unit, unit],
        )
        sql = posting.sql.replace("post_hour_transfers(", "public.post_hour_transfers(").replace(
            "UUID", "pg_catalog.uuid"
        )
        parameters = posting_of(
            YEAR, "test", new_id(), [grant(unit, 1)], retry_key=b"k" * 32, actor_id=None, made_at=FOREVER
        )
        with pytest.raises(CheckViolation, match="does not belong"):
            shadowed.execute(sql, parameters)
        assert shadowed.execute("SELECT count(*) FROM pg_temp.hour_transfers").fetchone() == (0,)

    def test_what_is_written_down(self, shadowed: Role, centre: Centre) -> None:
        record = f'[{{"id": "{new_id()}", "action": "a.b", "subject_id": "{new_id()}", "facts": {{}}}}]'
        shadowed.execute(
            "SELECT public.write_down(NULL, NULL, NULL, NULL, NULL, NULL, %s, '', %s::jsonb)", [FOREVER, record]
        )
        assert centre.rows("SELECT action FROM audit_entries") == [("a.b",)]
