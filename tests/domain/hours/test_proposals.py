"""Hour proposals: by which role, in which state, when, and which changes of a unit's line."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest

from app.domain.access import Actor, Place, Role, RoleGrant
from app.domain.calendar.deadlines import HELSINKI, Window
from app.domain.errors import Conflict, Forbidden, Invalid, NotFound, WindowClosed
from app.domain.hours.proposal_inclusions import as_sent
from app.domain.hours.proposals import (
    HourProposal,
    PreviousYear,
    ProposalLine,
    ProposalState,
    check_editable,
    check_lines_once,
    check_proposer,
    check_returner,
    check_submission,
)
from app.domain.hours.standing import Standing

CENTRAL, DISTRICT, SOURCE, OTHER = (UUID(int=number) for number in range(1, 5))
NOON = datetime(2023, 10, 16, 12, tzinfo=HELSINKI)
ROUND = Window(date(2023, 10, 1), date(2023, 11, 30))
SUMMER = Window(date(2023, 6, 1), date(2023, 6, 30))
AUTUMN = Window(date(2023, 10, 16), date(2023, 10, 16))


def standing(organisation_id: UUID = CENTRAL, *, units_propose: bool = True, rounds: Any = (ROUND,)) -> Standing:
    place = Place(organisation_id, CENTRAL, frozenset({organisation_id, CENTRAL}))
    return Standing(
        place,
        "Marttaliitto",
        2024,
        date(2000, 1, 1),
        None,
        date(2000, 1, 1),
        None,
        units_propose,
        None,
        list(rounds),
        0,
    )


def actor(role: Role, organisation_id: UUID | None = None) -> Actor:
    return Actor(OTHER, (RoleGrant(role, organisation_id, NOON, None),))


def proposal(
    organisation_id: UUID = CENTRAL, state: ProposalState = "draft", answer_by: date | None = None
) -> HourProposal:
    lines = [ProposalLine(organisation_id, 5, None, None, None, None, None)]
    return HourProposal(
        SOURCE,
        "2023-0001",
        organisation_id,
        "Marttaliitto",
        CENTRAL,
        2024,
        state,
        5,
        PreviousYear(0, 0),
        answer_by,
        None,
        None,
        OTHER,
        None,
        NOON,
        None,
        None,
        None,
        None,
        None,
        lines,
        [],
    )


@pytest.mark.parametrize(
    ("who", "of", "units_propose", "may"),
    [
        (actor("main_user", CENTRAL), CENTRAL, True, True),
        (actor("main_user", CENTRAL), DISTRICT, False, True),
        (actor("unit_manager", DISTRICT), DISTRICT, True, True),
        (actor("unit_manager", DISTRICT), DISTRICT, False, False),
        (actor("unit_manager", CENTRAL), CENTRAL, True, False),
        (actor("training_manager", DISTRICT), DISTRICT, True, False),
        (actor("staff"), CENTRAL, True, False),
        (actor("auditor"), CENTRAL, True, False),
    ],
)
def test_main_users_and_units_managers_propose(who: Actor, of: UUID, units_propose: bool, may: bool) -> None:
    if may:
        check_proposer(who, standing(of, units_propose=units_propose))
    else:
        with pytest.raises(Forbidden):
            check_proposer(who, standing(of, units_propose=units_propose))


@pytest.mark.parametrize(
    ("who", "of", "may"),
    [
        (actor("staff"), CENTRAL, True),
        (actor("staff"), DISTRICT, False),
        (actor("main_user", CENTRAL), CENTRAL, False),
        (actor("main_user", CENTRAL), DISTRICT, True),
        (actor("unit_manager", DISTRICT), DISTRICT, False),
        (actor("auditor"), CENTRAL, False),
    ],
)
def test_staff_and_main_users_send_proposals_back(who: Actor, of: UUID, may: bool) -> None:
    if may:
        check_returner(who, standing(of))
    else:
        with pytest.raises(Forbidden):
            check_returner(who, standing(of))


@pytest.mark.parametrize("state", ["submitted", "included", "decided", "withdrawn"])
def test_only_drafts_and_returned_proposals_are_edited(state: ProposalState) -> None:
    check_editable("draft")
    check_editable("sent_back")
    with pytest.raises(Conflict):
        check_editable(state)


@pytest.mark.parametrize(
    ("of", "own_days", "rounds", "opens"),
    [
        (CENTRAL, [], [ROUND], True),
        (CENTRAL, [], [], False),
        (CENTRAL, [], [SUMMER], False),
        # The central organisation's own proposal does not follow the days that it sets for its units.
        (CENTRAL, [SUMMER], [ROUND], True),
        (CENTRAL, [AUTUMN], [SUMMER], False),
        (DISTRICT, [], [ROUND], True),
        (DISTRICT, [], [SUMMER], False),
        (DISTRICT, [AUTUMN], [SUMMER], True),
        (DISTRICT, [SUMMER], [ROUND], False),
    ],
)
def test_a_proposal_is_submitted_in_its_window(
    of: UUID, own_days: list[Window], rounds: list[Window], opens: bool
) -> None:
    if opens:
        check_submission(proposal(of), standing(of, rounds=rounds), own_days, NOON)
    else:
        with pytest.raises(WindowClosed):
            check_submission(proposal(of), standing(of, rounds=rounds), own_days, NOON)


@pytest.mark.parametrize(
    ("state", "answer_by", "opens"),
    [
        ("sent_back", date(2023, 10, 16), True),
        ("sent_back", date(2023, 10, 15), False),
        ("sent_back", None, False),
        # An earlier last day for answering does not keep a draft's window open.
        ("draft", date(2023, 10, 16), False),
    ],
)
@pytest.mark.parametrize("of", [CENTRAL, DISTRICT])
def test_the_last_day_for_answering_may_be_after_the_round(
    of: UUID, state: ProposalState, answer_by: date | None, opens: bool
) -> None:
    late = standing(of, rounds=[SUMMER])
    if opens:
        check_submission(proposal(of, state, answer_by), late, [], NOON)
    else:
        with pytest.raises(WindowClosed):
            check_submission(proposal(of, state, answer_by), late, [], NOON)


def test_a_unit_has_one_line_for_each_emphasis_and_source() -> None:
    own = ProposalLine(DISTRICT, 1, None, None, None, None, None)
    others = [replace(own, emphasis="Talous"), replace(own, source_proposal_id=SOURCE), replace(own, unit_id=OTHER)]
    check_lines_once([own, *others])
    with pytest.raises(Invalid) as refused:
        check_lines_once([own, *others, replace(own, hours=2, grounds="Muu")])
    assert [fault.pointer for fault in refused.value.faults] == ["/lines/4"]


SENT = ProposalLine(DISTRICT, 50, "Talous", "Kysyntä", SOURCE, 50, None)


@pytest.mark.parametrize(
    "wish", [replace(SENT, hours=20), replace(SENT, hours=20, grounds=None), replace(SENT, hours=20, source_hours=None)]
)
def test_the_hours_of_a_units_line_are_changed_and_the_rest_stays(wish: ProposalLine) -> None:
    assert as_sent([wish], [SENT]) == [ProposalLine(DISTRICT, 20, "Talous", "Kysyntä", SOURCE, 50, None)]


def test_own_lines_and_a_units_lines_are_kept_side_by_side() -> None:
    own = ProposalLine(DISTRICT, 1, "Talous", "Oma", None, None, None)
    assert as_sent([own, SENT], [SENT]) == [own, SENT]
    assert as_sent([], [SENT]) == []


@pytest.mark.parametrize(
    ("wish", "pointers"),
    [
        (replace(SENT, unit_id=CENTRAL), ["/lines/0"]),
        (replace(SENT, emphasis=None), ["/lines/0"]),
        (replace(SENT, grounds="Muu", source_hours=49), ["/lines/0/grounds", "/lines/0/source_hours"]),
        (replace(SENT, source_proposal_id=None), ["/lines/0/source_hours"]),
    ],
)
def test_every_other_change_of_a_units_line_is_refused(wish: ProposalLine, pointers: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        as_sent([wish], [SENT])
    assert [fault.pointer for fault in refused.value.faults] == pointers


def test_a_source_that_is_not_included_is_not_found() -> None:
    with pytest.raises(NotFound) as refused:
        as_sent([SENT, replace(SENT, source_proposal_id=OTHER)], [SENT])
    assert refused.value.pointer == "/lines/1/source_proposal_id"
