"""The years of hours: pools, proposals, decisions, distributions, trainings, changes within the year, a closing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import cycle
from random import Random
from typing import Any
from uuid import UUID

from app.domain.hours.ledger import (
    Transfer,
    correction,
    distribution,
    grant,
    hour_return,
    lapse,
    pool_change,
    release,
    reservation,
    return_cancellation,
    supplementary_grant,
    use,
)
from app.domain.organisations.membership import is_member_in
from app.sandbox.demo.organisations import Central, Unit
from app.sandbox.demo.people import People
from app.sandbox.demo.proposals import add_proposal
from app.sandbox.demo.rows import Demo, Posting, demo_id, office_hour
from app.sandbox.demo.training_tour import YEAR as TRAINING_YEAR
from app.sandbox.demo.training_tour import Make, TrainingTour
from app.sandbox.demo.trainings import Trainings, saturdays

POOL = 45_483
"""The hours that a study centre was granted in 2022 (rulebook §4.2)."""
DECIDED = 41_500
"""The hours that are decided in autumn; the others are for supplementary requests and the tour."""
CLOSED = 2022
UNDONE = 6
"""Which return of each year is cancelled."""
WAITING = 0.06
"""The share of next year's plans that nobody has decided yet."""
SECOND_HALF = 20
"""The week from which courses are planned together in early summer."""
WITHOUT_DISTRIBUTION = 3
"""One in so many central organisations with units keeps all its hours in common."""


def free_for_the_tour(centrals: Sequence[Central]) -> set[UUID]:
    """The organisations without hours of 2024, and with hours of 2023 only until March."""
    return {centrals[number].id for number in (0, 2, 12, 13, 14, 15)}


@dataclass
class Holder:
    """A central organisation's common hours, or a unit's allotment, through the year."""

    unit: Unit
    central_id: UUID
    free: int

    @property
    def id(self) -> UUID:
        return self.unit.id

    def organiser_of(self, number: int) -> Unit:
        """Who holds the training: one in three of a district's is held by an association below it."""
        below = self.unit.children if self.unit.kind == "district" and number % 3 == 2 else []
        return below[number % len(below)] if below else self.unit


@dataclass
class Year:
    year: int
    hours: int
    granted: dict[UUID, int] = field(default_factory=dict)
    holders: list[Holder] = field(default_factory=list)

    def common_of(self, central: Central) -> Holder:
        return next(h for h in self.holders if h.id == h.central_id == central.id)


class Hours:
    """Goes through the years and counts each holder's free hours, so that no account is overdrawn."""

    def __init__(self, demo: Demo, centrals: list[Central], people: People, scale: int, this_year: int) -> None:
        self._demo, self._people, self._scale = demo, people, scale
        self._centrals = centrals
        self._trainings = Trainings(demo, people)
        self._for_the_tour = free_for_the_tour(centrals)
        self._this_year = this_year
        self._postings: dict[tuple[object, ...], Posting] = {}
        sizes = Random("sizes")
        self._sizes = {c.id: sizes.lognormvariate(0, 0.6) * (3 if c.districts else 1) for c in centrals}
        for number in sorted({2022, 2023, 2024, TRAINING_YEAR, this_year - 1, this_year}):
            self._live(number)
        demo.postings += sorted(self._postings.values(), key=lambda posting: posting.made_at)

    def _live(self, number: int) -> None:
        year = Year(number, POOL * self._scale)
        chance = Random(f"hours of {number}")
        staff = self._people.staff[0]
        cause = demo_id("pool", number)
        self._post(number, office_hour(date(number - 1, 9, 20)), "hour_pool", cause, staff, [pool_change(year.hours)])
        members = [c for c in self._centrals if is_member_in(number, c.active_from, c.active_until)]
        if number == 2024:
            members = [c for c in members if c.id not in self._for_the_tour]
        whole = sum(self._sizes[c.id] for c in self._centrals)
        for position, central in enumerate(members):
            hours = int(DECIDED * self._scale * self._sizes[central.id] / whole)
            self._decide(year, central, hours, chance, position)
            common = Holder(central, central.id, hours)
            year.holders.append(common)
            if central.districts and position % WITHOUT_DISTRIBUTION != 1:
                self._distribute(year, central, common, chance)
        if number == self._this_year:
            self._begin_trainings(year, chance)
            return
        if number > CLOSED:
            self._change(year, members, chance)
        for holder in year.holders:
            self._train(year, holder, chance)
        if number == TRAINING_YEAR:
            self._add_training_tour(year)
        if number == 2023:
            self._correct(year, members)
        if number == CLOSED:
            self._close(year, members)

    def _decide(self, year: Year, central: Central, hours: int, chance: Random, position: int) -> None:
        day = position % 3
        decided_at = office_hour(date(year.year - 1, 11, 20 + day), 13)
        staff = self._people.staff[day]
        proposal_id, asked = add_proposal(self._demo, self._people, central, year.year, hours, chance)
        decision_id = demo_id("decision", central.id, year.year, at=decided_at)
        self._demo.add(
            "hour_decisions",
            id=decision_id,
            organisation_id=central.id,
            year=year.year,
            proposal_id=proposal_id,
            asked=asked,
            hours=hours,
            reason="Tunnit jaettiin käytön ja ehdotusten mukaan." if hours < asked else None,
            decided_by=staff,
            decided_at=decided_at,
        )
        self._post(year.year, decided_at, "hour_decision", decision_id, staff, [grant(central.id, hours)])

    def _distribute(self, year: Year, central: Central, common: Holder, chance: Random) -> None:
        """Distribute about two thirds to the districts, and some to associations."""
        changed_at = office_hour(date(year.year - 1, 12, 12), 9 + chance.randrange(6))
        main_user = self._people.main_users[central.id]
        units: list[Unit] = [*central.districts, *central.associations[:3]]
        share = common.free * 2 // 3 // len(units)
        transfers = []
        for unit in units:
            hours = max(1, share * chance.randint(60, 100) // 100)
            transfers.append(distribution(central.id, unit.id, hours))
            common.free -= hours
            year.holders.append(Holder(unit, central.id, hours))
        self._demo.add(
            "hour_distributions",
            organisation_id=central.id,
            year=year.year,
            revision=1,
            changed_by=main_user,
            changed_at=changed_at,
        )
        self._post(year.year, changed_at, "hour_distribution", central.id, main_user, transfers)

    def _split(self, chance: Random, total: int) -> Iterator[tuple[int, int]]:
        """Split hours into series of training courses, which are numbered."""
        number = 0
        while total > 0:
            hours = min(total, chance.randint(80, 240))
            yield number, hours
            total -= hours
            number += 1

    def _begin_trainings(self, year: Year, chance: Random) -> None:
        """Add the year as it begins: some courses are planned, none has been held."""
        for holder in year.holders:
            course = Random(f"courses of {holder.id} in {year.year}")
            for number, hours in self._split(chance, holder.free // 5):
                submitted_at = office_hour(date(year.year - 1, 12, chance.choice((15, 18, 22))))
                self._begin(year, holder, number, hours, submitted_at, course)

    def _begin(
        self, year: Year, holder: Holder, number: int, hours: int, submitted_at: datetime, course: Random
    ) -> None:
        """Add a plan, which mostly has been approved. It begins within half a year, unless staff have let it be later;
        so there are courses to come at any time of the year."""
        excepted = number % 3 == 0
        begins = course.randint(4, 46 if excepted else 22)
        ends = course.randint(begins + 3, 49)
        number_of_days = min(10, ends - begins + 1)
        days = saturdays(
            date(year.year, 1, 1) + timedelta(weeks=begins), number_of_days, (ends - begins + 1) // number_of_days
        )
        fate = course.random()
        state = "submitted" if fate < WAITING else "approved"
        exception = {
            "rule": "plan_window",
            "until": date(year.year, 1, 15),
            "reason": "Järjestö suunnitteli koko vuoden ohjelman kerralla.",
            "granted_at": (submitted_at - timedelta(hours=1)).isoformat(),
        }
        places = {"opens_on": None, "closes_on": None, "places": 24, "waiting_list": True} if number % 2 else None
        unit = holder.organiser_of(number)
        training = self._trainings.add(
            unit,
            hours,
            days,
            course,
            submitted_at=submitted_at,
            submitted_by=self._people.main_users[holder.central_id],
            state=state,
            key=number,
            exceptions=[exception] if excepted else [],
            enrolment=places,
        )
        reserved = [reservation(holder.central_id, holder.id, hours)]
        self._post(year.year, submitted_at, "training", training["id"], training["submitted_by"], reserved)

    def _train(self, year: Year, holder: Holder, chance: Random) -> None:
        on_tour = year.year == 2023 and holder.central_id in self._for_the_tour
        share = chance.uniform(0.12, 0.2) if on_tour else chance.uniform(0.72, 0.99)
        if year.year == TRAINING_YEAR and holder.central_id in {central.id for central in self._centrals[:2]}:
            share /= 2
        first = date(year.year, 1, 8)
        first += timedelta(days=-first.weekday() % 7)
        course = Random(f"courses of {holder.id} in {year.year}")
        for number, hours in self._split(chance, int(holder.free * share)):
            # The main user sends the plans of half a year together. Statements are approved on Thursdays.
            begins = chance.randrange(6) * 3 // 5 if on_tour else chance.randrange(45) * 39 // 44
            planned_on = first + timedelta(weeks=begins)
            weeks = 4 + chance.randrange(2 if on_tour else 6)
            settled_at = office_hour(planned_on + timedelta(weeks=weeks, days=3), 15)
            submitted_at = office_hour(first if begins < SECOND_HALF else first + timedelta(weeks=SECOND_HALF - 1))
            fate = chance.random()
            held = 0 if fate < 0.07 else max(1, hours - chance.randint(1, 10)) if fate < 0.3 else hours
            days = saturdays(planned_on + timedelta(weeks=2), weeks - 2)
            self._hold(year, holder, number, (hours, held), days, submitted_at, settled_at, course)
            holder.free -= held

    def _hold(
        self,
        year: Year,
        holder: Holder,
        number: int,
        hours: tuple[int, int],
        days: Sequence[date],
        submitted_at: datetime,
        settled_at: datetime,
        course: Random,
    ) -> None:
        """Add a training with its statement, or one that was cancelled if no hours were held."""
        planned, held = hours
        staff = self._people.staff[2]
        ended: dict[str, Any] = {
            "ended_by": staff,
            "ended_at": settled_at,
            "end_reason": "Ilmoittautuneita oli liian vähän.",
        }
        training = self._trainings.add(
            holder.organiser_of(number),
            planned,
            days,
            course,
            submitted_at=submitted_at,
            submitted_by=self._people.main_users[holder.central_id],
            state="approved" if held else "cancelled",
            key=number,
            **({} if held else ended),
        )
        if held:
            sent_at = settled_at - timedelta(days=1, hours=3)
            self._trainings.add_statement(training, course, submitted_at=sent_at, decided_at=settled_at, held=held)
        afterwards = [use(holder.central_id, holder.id, held)] if held else []
        if held < planned:
            afterwards.append(release(holder.central_id, holder.id, planned - held))
        reserved = [reservation(holder.central_id, holder.id, planned)]
        self._post(year.year, submitted_at, "training", training["id"], training["submitted_by"], reserved)
        self._post(year.year, settled_at, "training", training["id"], staff, afterwards)

    def _add_training_tour(self, year: Year) -> None:
        """Add what the examples need. Hours come from the nearest allotment that has enough, or else from common."""

        drawn: dict[UUID, Holder] = {}
        holders = {holder.id: holder for holder in year.holders}

        def post(unit: Unit, training: dict[str, Any], make: Make, hours: int, at: datetime, actor: UUID) -> None:
            above = (holders.get(each.id) for each in (unit, *unit.ancestors))
            holder = drawn.get(training["id"]) or next(each for each in above if each and each.free >= 2 * hours)
            drawn[training["id"]] = holder
            if make is not use:
                holder.free += hours if make is release else -hours
            transfer = make(holder.central_id, holder.id, hours)
            self._post(year.year, at, "training", training["id"], actor, [transfer])

        TrainingTour(self._trainings, self._demo, self._centrals, self._people, post).add()

    def _change(self, year: Year, members: list[Central], chance: Random) -> None:
        """Add requests of every state and returns, in both change windows."""
        changing = [c for c in members if year.year != 2023 or c.id not in self._for_the_tour]
        chance.shuffle(changing)
        states = cycle(["approved", "partially_approved", "rejected", "withdrawn", "approved", "submitted"])
        asking, giving = changing[: 14 * self._scale], changing[20 * self._scale : 28 * self._scale]
        for number, central in enumerate(asking):
            state = next(states)
            if state == "submitted" and year.year != self._this_year - 1:
                state = "approved"
            self._ask(year, central, state, 3 if number % 2 else 8, chance)
        for number, central in enumerate(giving):
            common = year.common_of(central)
            hours = max(1, common.free // 20) * 5 // 4
            at = office_hour(date(year.year, 3 if number % 2 else 8, chance.randint(15, 24)), 11, 30)
            return_id = demo_id("return", central.id, year.year, at=at)
            main_user = self._people.main_users[central.id]
            grounds = "Kaksi kurssia jäi pitämättä." if number % 3 else None
            undone_at = at + timedelta(hours=2) if number == UNDONE else None
            self._demo.add(
                "hour_returns",
                id=return_id,
                organisation_id=central.id,
                year=year.year,
                hours=hours,
                grounds=grounds,
                state="cancelled" if undone_at else "booked",
                booked_by=main_user,
                booked_at=at,
                cancelled_by=main_user if undone_at else None,
                cancelled_at=undone_at,
            )
            self._post(year.year, at, "hour_return", return_id, main_user, [hour_return(central.id, hours)])
            if undone_at:
                undone = [return_cancellation(central.id, hours)]
                self._post(year.year, undone_at, "hour_return", return_id, main_user, undone)
            else:
                common.free -= hours

    def _ask(self, year: Year, central: Central, state: str, month: int, chance: Random) -> None:
        hours = chance.randrange(40, 200, 10)
        granted = {"approved": hours, "partially_approved": hours // 2, "rejected": 0}.get(state)
        asked_at = office_hour(date(year.year, month, chance.randint(14, 23)), chance.randint(8, 15), 20)
        answered_at = asked_at + timedelta(days=9, hours=1)
        request_id = demo_id("request", central.id, year.year, at=asked_at)
        staff = self._people.staff[1]
        self._demo.add(
            "supplementary_hour_requests",
            id=request_id,
            organisation_id=central.id,
            year=year.year,
            hours=hours,
            grounds=chance.choice(
                ["Kurssien kysyntä kasvoi keväällä.", "Uusi piiri aloitti.", "Tunnit loppuvat syksyllä."]
            ),
            state=state,
            submitted_by=self._people.main_users[central.id],
            submitted_at=asked_at,
            granted_hours=granted,
            reason={"rejected": "Myönnetyistä tunneista on vielä käyttämättä yli puolet."}.get(state),
            decided_by=staff if granted is not None else None,
            decided_at=answered_at if granted is not None else None,
            withdrawn_at=asked_at + timedelta(days=1) if state == "withdrawn" else None,
        )
        if granted:
            # No courses are planned on it, so it mostly stays free.
            transfers = [supplementary_grant(central.id, granted)]
            self._post(year.year, answered_at, "supplementary_hour_request", request_id, staff, transfers)

    def _let_expire(self, year: Year, central: Central, closed_at: datetime) -> None:
        """Add a request that nobody decided before the year was closed."""
        asked_at = office_hour(date(year.year, 12, 19))
        self._demo.add(
            "supplementary_hour_requests",
            id=demo_id("request", central.id, year.year, at=asked_at),
            organisation_id=central.id,
            year=year.year,
            hours=24,
            grounds="Joulukuun kurssille tuli jono.",
            state="expired",
            submitted_by=self._people.main_users[central.id],
            submitted_at=asked_at,
            expired_at=closed_at,
            expired_because="year_closed",
        )

    def _correct(self, year: Year, members: list[Central]) -> None:
        at = office_hour(date(year.year, 12, 20))
        self._correct_one(year, members[30], 40, "Päätökseen oli kirjattu 40 tuntia liian vähän.", at)
        with_hours_left = next(central for central in members[31:] if year.common_of(central).free >= 15)
        self._correct_one(year, with_hours_left, -15, "Sama tuntimäärä oli myönnetty kahdesti.", at)

    def _correct_one(self, year: Year, central: Central, hours: int, reason: str, at: datetime) -> None:
        staff = self._people.staff[0]
        correction_id = demo_id("correction", central.id, year.year, at=at)
        self._demo.add(
            "hour_corrections",
            id=correction_id,
            organisation_id=central.id,
            year=year.year,
            hours=hours,
            reason=reason,
            made_by=staff,
            made_at=at,
        )
        transfers = [correction(central.id, hours, year_is_closed=year.year == CLOSED)]
        self._post(year.year, at, "hour_correction", correction_id, staff, transfers)

    def _close(self, year: Year, members: list[Central]) -> None:
        closed_at = office_hour(date(year.year + 1, 1, 31), 14)
        transfers = [lapse(holder.central_id, holder.id, holder.free) for holder in year.holders if holder.free]
        cause, staff = demo_id("closing", year.year), self._people.staff[0]
        self._post(year.year, closed_at, "hour_pool_closing", cause, staff, transfers)
        self._demo.closed_at[year.year] = closed_at
        self._let_expire(year, members[32], closed_at)
        late = "Marraskuun kurssin tunnit puuttuivat päätöksestä."
        self._correct_one(year, members[33], 12, late, closed_at + timedelta(days=20))

    def _post(
        self, year: int, at: datetime, cause_type: str, cause_id: UUID, actor_id: UUID, transfers: Sequence[Transfer]
    ) -> None:
        """Post together what one person does at one time for one reason."""
        posting = Posting(year, at, cause_type, actor_id)
        posting = self._postings.setdefault(posting.key, posting)
        posting.causes += [cause_id] * len(transfers)
        posting.transfers += transfers
