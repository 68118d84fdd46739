"""Peer study groups: pools, the quotas of the organisations that have groups, and the groups.

Those that the examples of the OpenAPI document use live in March 2025, as the courses of `training_tour.py`.
"""

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from app.domain.calendar.deadlines import HELSINKI
from app.domain.hours.ledger import Transfer, grant, pool_change, reservation, use
from app.domain.organisations.membership import is_member_in
from app.domain.trainings.trainings import PLAN_FIELDS
from app.sandbox.demo.courses import Course, place_of
from app.sandbox.demo.hours import free_for_the_tour
from app.sandbox.demo.organisations import Central, Unit
from app.sandbox.demo.people import People
from app.sandbox.demo.rows import Demo, Posting, demo_id, office_hour
from app.sandbox.demo.training_tour import SENT_AT
from app.sandbox.demo.training_tour import YEAR as TRAINING_YEAR
from app.sandbox.demo.trainings import Trainings

POOL = 4_000
NOTHING_DECLARED = {"not_sold": False, "no_qualification": False, "cooperation_named": False}
OF_THE_TOUR = 240
"""The hours of the organisation whose groups the examples use."""
WITH_GROUPS = 3
"""One in so many central organisations has peer groups."""


def add_peer_group_quotas(demo: Demo, centrals: list[Central], people: People, scale: int, this_year: int) -> None:
    """Add them to all years but the closed one. Who is free for the tour has no quota of 2024."""
    free = free_for_the_tour(centrals)
    for_the_tour = {TRAINING_YEAR: centrals[:1]}
    for year in sorted({2023, 2024, TRAINING_YEAR, this_year - 1, this_year}):
        with_groups = [central for central in centrals[1::WITH_GROUPS] if year != 2024 or central.id not in free]
        members = [c for c in with_groups if is_member_in(year, c.active_from, c.active_until)]
        _set_pool(demo, people, year, POOL * scale)
        _grant(demo, people, year, members, for_the_tour.get(year, []))


def _set_pool(demo: Demo, people: People, year: int, hours: int) -> None:
    posting = Posting(year, office_hour(date(year - 1, 9, 20), 11), "hour_pool", people.staff[0], "peer_group")
    posting.causes.append(demo_id("pool of peer groups", year))
    posting.transfers.append(pool_change(hours))
    demo.postings.append(posting)


def _grant(demo: Demo, people: People, year: int, members: list[Central], for_the_tour: list[Central]) -> None:
    """Grant all quotas of the year together."""
    staff, decided_at = people.staff[1], office_hour(date(year - 1, 11, 24))
    posting = Posting(year, decided_at, "peer_group_quota", staff, "peer_group")
    chance = Random(f"peer groups of {year}")
    granted = [(central, OF_THE_TOUR) for central in for_the_tour]
    granted += [(central, chance.randrange(60, 200, 10)) for central in members]
    for central, hours in granted:
        quota_id = demo_id("peer group quota", central.id, year, at=decided_at)
        demo.add(
            "peer_group_quotas",
            id=quota_id,
            organisation_id=central.id,
            year=year,
            hours=hours,
            reason="Kiintiö perustuu edellisen vuoden ryhmiin." if hours > 150 else None,
            decided_by=staff,
            decided_at=decided_at,
        )
        posting.causes.append(quota_id)
        posting.transfers.append(grant(central.id, hours))
    demo.postings.append(posting)


HOURS = 12
"""The teaching hours of each group: four evenings of three."""
TO_COME_ON = date(TRAINING_YEAR, 5, 6)
TOPICS = (
    Course(
        "languages",
        "Keskustelupiiri",
        "Kaikki yhdistyksen jäsenet",
        "Jäsenet keskustelevat vieraalla kielellä arjen aiheista.",
        "Sanastoa, tekstejä ja keskusteluja",
        "Jokainen valmistelee vuorollaan yhden illan",
        "Tule puhumaan! Ryhmä kokoontuu yhteistyössä Opintokeskus Esimerkin kanssa.",
    ),
    Course(
        "crafts",
        "Lankapiiri",
        "Neulomisesta kiinnostuneet jäsenet",
        "Jäsenet oppivat toisiltaan uusia tekniikoita.",
        "Kirjoneule, pitsineule ja mallien lukeminen",
        "Tehdään yhdessä ja neuvotaan toisia",
        "Puikot mukaan! Ryhmä kokoontuu yhteistyössä Opintokeskus Esimerkin kanssa.",
    ),
    Course(
        "society",
        "Kotiseutupiiri",
        "Kotiseudun historiasta kiinnostuneet",
        "Jäsenet tuntevat kylänsä historian ja osaavat kertoa siitä.",
        "Vanhat valokuvat, kartat ja haastattelut",
        "Ryhmä lukee, haastattelee ja kirjoittaa",
        "Mitä täällä oli ennen? Ryhmä kokoontuu yhteistyössä Opintokeskus Esimerkin kanssa.",
    ),
)


class PeerGroups:
    def __init__(self, demo: Demo, centrals: list[Central], people: People) -> None:
        self._demo, self._centrals, self._people = demo, centrals, people
        self._trainings = Trainings(demo, people)
        self._staff = people.staff[2]
        self._postings: dict[tuple[object, ...], Posting] = {}
        self._number = 0

    def add(self, this_year: int) -> None:
        """Add the groups of the examples, those of last year, with their statements, and those that begin this year."""
        with_groups = self._centrals[1::WITH_GROUPS]
        self._add_tour()
        for year in sorted({TRAINING_YEAR, this_year - 1}):
            for central in with_groups:
                if is_member_in(year, central.active_from, central.active_until):
                    self._hold(central, year)
        for central in with_groups:
            if is_member_in(this_year, central.active_from, central.active_until):
                sent_at = office_hour(date(this_year - 1, 12, 16))
                self._plan(self._unit_of(central), "approved", date(this_year, 2, 3), sent_at=sent_at)
        self._demo.postings += self._postings.values()

    def _unit_of(self, central: Central) -> Unit:
        return central.associations[0] if central.associations else central

    def _hold(self, central: Central, year: int) -> None:
        """Add a group of the autumn whose statement was approved."""
        unit = self._unit_of(central)
        group = self._plan(unit, "approved", date(year, 9, 2))
        settled_at = office_hour(date(year, 10, 16), 15)
        chance = Random(f"group of {central.id} in {year}")
        self._trainings.add_statement(group, chance, submitted_at=settled_at - timedelta(days=7), decided_at=settled_at)
        self._post(group, settled_at, self._staff, use(central.id, central.id, HOURS))

    def _add_tour(self) -> None:
        first, second = self._centrals[0], self._centrals[1]
        district = first.districts[1]
        association = district.children[0]
        for name in ("Sukkapiiri", "Lukupiiri", "Värikartta"):
            self._plan(association, "draft", TO_COME_ON, name)
        self._plan(association, "draft", TO_COME_ON, "Kokous ja kahvi")
        for name in ("Virkkaajat", "Kutojat"):
            self._plan(association, "submitted", TO_COME_ON, name)
        self._plan(second.districts[0], "awaiting_main_user", TO_COME_ON, "Keittokirjapiiri")
        back: dict[str, Any] = {"reason": "Kertokaa tavoitteet tarkemmin.", "answer_by": date(TRAINING_YEAR, 3, 31)}
        self._plan(association, "sent_back", TO_COME_ON, "Nyplääjät", **back)
        group = self._plan(association, "approved", TO_COME_ON, "Kehrääjät")
        self._trainings.add_participants(group, 6, Random("members"))
        self._plan(association, "approved", TO_COME_ON, "Huovuttajat")
        for name in ("Tilkkupiiri", "Kirjojat"):
            self._add_change(self._plan(association, "approved", TO_COME_ON, name))
        group = self._plan(association, "approved", date(TRAINING_YEAR, 1, 7), "Langanvärjääjät")
        held_at = office_hour(date(TRAINING_YEAR, 2, 5))
        self._trainings.add_statement(group, Random("costs"), state="submitted", submitted_at=held_at)

    def _plan(
        self,
        unit: Unit,
        state: str,
        begins_on: date,
        name: str | None = None,
        *,
        sent_at: datetime | None = None,
        **columns: Any,
    ) -> dict[str, Any]:
        """Add a group of four evenings, a week apart. Its hours are reserved unless it is a draft."""
        if sent_at is None:
            sent_at = SENT_AT if begins_on == TO_COME_ON else office_hour(begins_on - timedelta(weeks=3))
        days = [begins_on + timedelta(weeks=week) for week in range(4)]
        course = TOPICS[self._number % len(TOPICS)]
        sessions = _evenings(days, place_of(unit.language, self._number))
        self._number += 1
        of_courses: dict[str, Any] = {
            "trainers": [],
            "trainer_keys": [],
            "budget": [],
            "declarations": NOTHING_DECLARED,
        }
        group = self._trainings.add(
            unit,
            HOURS,
            days,
            Random(f"group {self._number}"),
            submitted_at=sent_at,
            state=state,
            course=course,
            name=name or f"{course.name} {begins_on.year}",
            key=("peer group", self._number),
            hour_type="peer_group",
            mode="in_person",
            sessions=sessions,
            platform_hours=0,
            starts_at=datetime.fromisoformat(sessions[0]["starts_at"]),
            ends_at=datetime.fromisoformat(sessions[-1]["ends_at"]),
            starts_on=days[0],
            ends_on=days[-1],
            **of_courses,
            **columns,
        )
        if state != "draft":
            central_id = group["central_organisation_id"]
            self._post(group, sent_at, group["submitted_by"], reservation(central_id, central_id, HOURS))
        return group

    def _add_change(self, group: dict[str, Any]) -> None:
        """Add a change with a fifth evening, whose hours are reserved meanwhile."""
        submitted_at = SENT_AT + timedelta(days=9)
        fifth = date.fromisoformat(group["sessions"][-1]["starts_at"][:10]) + timedelta(weeks=1)
        sessions = [*group["sessions"], *_evenings([fifth], group["sessions"][0]["places"][0])]
        self._demo.add(
            "training_changes",
            id=demo_id("peer group change", group["id"], at=submitted_at),
            training_id=group["id"],
            changed=["sessions"],
            plan={name: group.get(name) for name in PLAN_FIELDS} | {"sessions": sessions},
            hours=HOURS + 3,
            state="submitted",
            submitted_by=group["submitted_by"],
            submitted_at=submitted_at,
        )
        central_id = group["central_organisation_id"]
        self._post(group, submitted_at, group["submitted_by"], reservation(central_id, central_id, 3))

    def _post(self, group: dict[str, Any], at: datetime, actor_id: UUID, transfer: Transfer) -> None:
        posting = Posting(group["year"], at, "peer_group", actor_id, "peer_group")
        posting = self._postings.setdefault(posting.key, posting)
        posting.causes.append(group["id"])
        posting.transfers.append(transfer)


def _evenings(days: list[date], place: dict[str, Any]) -> list[dict[str, Any]]:
    """Evenings of two hours and a quarter, which are three teaching hours."""
    return [
        {
            "starts_at": datetime.combine(day, time(17), HELSINKI).isoformat(),
            "ends_at": datetime.combine(day, time(19, 15), HELSINKI).isoformat(),
            "break_minutes": 0,
            "parallel_groups": 1,
            "places": [place],
        }
        for day in days
    ]
