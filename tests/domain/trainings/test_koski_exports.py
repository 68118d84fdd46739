"""Exports to Koski: which completions a file has, why others are left out, and the receipts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from app.domain.errors import Invalid, NotFound, WrongState
from app.domain.trainings.koski_exports import (
    Candidate,
    Entry,
    KoskiExport,
    KoskiExportItem,
    Receipt,
    check_not_sent,
    check_prepared,
    choose,
    conflicting_of,
    received,
    state_after,
    without_codes,
)

DAY = date(2024, 5, 12)
AAVA, ONNI = UUID(int=1), UUID(int=2)


def completion(number: int, **others: object) -> Candidate:
    usual = Candidate(
        completion_id=UUID(int=100 + number),
        source_id=UUID(int=100 + number),
        is_passed=True,
        completed_on=DAY,
        study_unit="1138",
        person_id=AAVA,
        has_identity=True,
        is_waiting=False,
    )
    return replace(usual, **others)  # type: ignore[arg-type]


def entry(number: int, **others: object) -> Entry:
    usual = Entry(
        source_id=UUID(int=100 + number),
        completion_id=UUID(int=100 + number),
        person_id=AAVA,
        state="accepted",
        study_right_oid="1.2.246.562.15.00000000004",
        learner_oid="1.2.246.562.24.00000000003",
        study_unit="1138",
        completed_on=DAY,
    )
    return replace(usual, **others)  # type: ignore[arg-type]


def decided(
    candidates: Sequence[Candidate],
    entries: Sequence[Entry] = (),
    identities: dict[UUID, set[str]] | None = None,
    waiting: Sequence[Entry] = (),
) -> list[str]:
    """The action of each completion that is in the file, and of the others why they are not, in the order of IDs."""
    chosen, left_out = choose(candidates, entries, waiting, identities or {})
    by_id = {each.source_id: str(each.action) for each in chosen}
    sources = {each.completion_id: each.source_id for each in candidates}
    by_id |= {sources[each.completion_id]: each.because for each in left_out}
    return [by_id[key] for key in sorted(by_id)]


CORRECTING = UUID(int=900)


@pytest.mark.parametrize(
    ("candidate", "known", "expected"),
    [
        # Koski has nothing of it.
        ({}, None, "create"),
        ({"is_passed": False}, None, "not-passed"),
        ({"study_unit": None}, None, "not-for-koski"),
        ({"person_id": None, "has_identity": False}, None, "no-consent"),
        ({"has_identity": False}, None, "no-consent"),
        ({"is_waiting": True}, None, "already-sent"),
        # Koski has it.
        ({}, {}, "already-sent"),
        ({"has_identity": False}, {}, "already-sent"),
        ({"completion_id": CORRECTING}, {}, "correct"),
        ({"completion_id": CORRECTING, "has_identity": False}, {}, "correct"),
        ({"completion_id": CORRECTING, "is_passed": False}, {}, "cancel"),
        ({"person_id": None}, {}, "cancel"),
        ({"person_id": None, "is_waiting": True}, {}, "already-sent"),
        # Koski had it.
        ({}, {"state": "cancelled"}, "create"),
        ({"person_id": None}, {"state": "cancelled"}, "no-consent"),
        ({}, {"state": "withdrawn_by_learner"}, "withdrawn-by-learner"),
        ({"completion_id": CORRECTING}, {"state": "withdrawn_by_learner"}, "withdrawn-by-learner"),
    ],
)
def test_what_a_completion_becomes(
    candidate: dict[str, object], known: dict[str, object] | None, expected: str
) -> None:
    entries = [] if known is None else [entry(1, **known)]
    assert decided([completion(1, **candidate)], entries) == [expected]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, "overlap"),
        ({"study_unit": "1139"}, "create"),
        ({"completed_on": date(2024, 5, 13)}, "create"),
        ({"person_id": ONNI}, "create"),
        ({"state": "cancelled"}, "create"),
        ({"state": "withdrawn_by_learner"}, "create"),
    ],
)
def test_an_entry_of_the_same_learner_on_the_same_day(other: dict[str, object], expected: str) -> None:
    assert decided([completion(1)], [entry(2, **other)]) == [expected]


def test_an_entry_that_waits_in_another_export_overlaps() -> None:
    assert decided([completion(1)], waiting=[entry(2)]) == ["overlap"]
    assert decided([completion(1)], waiting=[entry(2, study_unit="1139")]) == ["create"]


def test_two_completions_of_one_file_overlap() -> None:
    assert decided([completion(1), completion(2)]) == ["create", "overlap"]
    assert decided([completion(1), completion(2, study_unit="1139")]) == ["create", "create"]


def test_a_correction_to_the_day_of_another_entry_overlaps() -> None:
    corrected = completion(1, completion_id=CORRECTING, completed_on=date(2024, 5, 13))
    entries = [entry(1), entry(2, completed_on=date(2024, 5, 13))]
    assert decided([corrected], entries) == ["overlap"]


def test_what_is_cancelled_overlaps_no_more() -> None:
    assert decided([completion(1, person_id=None), completion(2)], [entry(1)]) == ["cancel", "create"]


def test_a_cancellation_names_what_koski_has() -> None:
    [cancelled], _ = choose([completion(1, completion_id=CORRECTING, is_passed=False)], [entry(1)], [], {})
    assert cancelled.completion_id == UUID(int=101)
    [corrected], _ = choose([completion(1, completion_id=CORRECTING)], [entry(1)], [], {})
    assert corrected.completion_id == CORRECTING


def test_two_people_with_one_code() -> None:
    identities = {AAVA: {"code a", "number b"}, ONNI: {"code a"}}
    assert decided([completion(1), completion(2, person_id=ONNI)], [], identities) == ["identity-conflict"] * 2
    # What Koski has already is corrected and cancelled by its numbers, not by the code.
    assert decided([completion(1, completion_id=CORRECTING)], [entry(1)], identities) == ["correct"]


@pytest.mark.parametrize(
    ("identities", "conflicting"),
    [
        ({}, set()),
        ({AAVA: {"a", "b"}, ONNI: {"c"}}, set()),
        ({AAVA: {"a", "b"}, ONNI: {"b"}}, {AAVA, ONNI}),
        ({AAVA: {"a"}, ONNI: {"a"}, UUID(int=3): {"b"}}, {AAVA, ONNI}),
    ],
)
def test_who_shares_a_code(identities: dict[UUID, set[str]], conflicting: set[UUID]) -> None:
    assert conflicting_of(identities) == conflicting


def item(number: int, outcome: str | None = None) -> KoskiExportItem:
    return KoskiExportItem(
        completion_id=UUID(int=100 + number),
        source_id=UUID(int=100 + number),
        action="create",
        outcome=outcome,  # type: ignore[arg-type]
        study_right_oid=None,
        learner_oid=None,
        version=None,
        error=None,
        received_at=None,
    )


def export(*items: KoskiExportItem, state: str = "prepared") -> KoskiExport:
    now = datetime(2024, 6, 12, 11, tzinfo=UTC)
    return KoskiExport(UUID(int=9), [], state, list(items), [], AAVA, None, now, None, None)  # type: ignore[arg-type]


def accepted(number: int) -> Receipt:
    return {
        "source_id": UUID(int=100 + number),
        "outcome": "accepted",
        "study_right_oid": f"1.2.246.562.15.{number:011}",
        "learner_oid": "1.2.246.562.24.00000000003",
    }


def test_receipts_in_portions() -> None:
    first = export(item(1), item(2))
    items = received(first, [accepted(1)], {})
    assert [(each.outcome, each.study_right_oid) for each in items] == [("accepted", "1.2.246.562.15.00000000001")]
    assert state_after(first, items) == "prepared"
    second = export(items[0], item(2))
    assert state_after(second, received(second, [accepted(2)], {})) == "acknowledged"
    assert state_after(export(item(1, "not_sent"), item(2, "refused"))) == "acknowledged"
    assert state_after(export(item(1, "not_sent"), item(2))) == "prepared"
    assert state_after(export(item(1, "not_sent"))) == "cancelled"


def test_receipts_of_an_export_that_has_ended() -> None:
    ended = export(item(1, "accepted"), state="acknowledged")
    with pytest.raises(WrongState) as refused:
        received(ended, [accepted(1)], {})
    assert refused.value.facts == {"state": "acknowledged", "allowed": ["prepared"]}
    with pytest.raises(NotFound):
        received(ended, [accepted(3)], {})


def test_a_receipt_for_another_export() -> None:
    with pytest.raises(NotFound) as refused:
        received(export(item(1)), [accepted(1), accepted(3)], {})
    assert refused.value.pointer == "/items/1/source_id"


@pytest.mark.parametrize(
    ("items", "receipts", "pointer", "state"),
    [
        ([item(1, "accepted"), item(2)], [accepted(1)], "/items/0/source_id", "accepted"),
        ([item(1, "not_sent"), item(2)], [accepted(2), accepted(1)], "/items/1/source_id", "not_sent"),
        ([item(1), item(2)], [accepted(1), accepted(1)], "/items/1/source_id", "received"),
    ],
)
def test_an_item_twice(items: list[KoskiExportItem], receipts: list[Receipt], pointer: str, state: str) -> None:
    with pytest.raises(WrongState) as refused:
        received(export(*items), receipts, {})
    assert refused.value.pointer == pointer
    assert refused.value.facts == {"state": state, "allowed": ["awaiting_receipt"]}


def test_accepted_without_the_numbers_of_koski() -> None:
    bare: Receipt = {"source_id": UUID(int=101), "outcome": "accepted"}
    with pytest.raises(Invalid) as refused:
        received(export(item(1)), [bare], {})
    assert [fault.pointer for fault in refused.value.faults] == ["/items/0/study_right_oid", "/items/0/learner_oid"]


@pytest.mark.parametrize(
    ("known", "receipts", "holders", "faults"),
    [
        # A correction and a cancellation name what Koski has; what is created again after one gets new numbers.
        ({"action": "correct"}, [accepted(1)], {}, [("/items/0/study_right_oid", "oid-differs")]),
        ({"action": "cancel"}, [accepted(4) | {"source_id": UUID(int=101)}], {}, []),
        ({"action": "create"}, [accepted(1)], {}, []),
        # A study right is one completion's.
        ({}, [accepted(1)], {accepted(1)["study_right_oid"]: UUID(int=101)}, []),
        ({}, [accepted(1)], {accepted(1)["study_right_oid"]: AAVA}, [("/items/0/study_right_oid", "oid-of-another")]),
        (
            {},
            [accepted(1), accepted(1) | {"source_id": UUID(int=102)}],
            {},
            [("/items/1/study_right_oid", "oid-of-another")],
        ),
    ],
)
def test_the_numbers_of_koski_are_those_of_the_completion(
    known: dict[str, Any], receipts: list[Receipt], holders: dict[str, UUID], faults: list[tuple[str, str]]
) -> None:
    known |= {"study_right_oid": accepted(4)["study_right_oid"], "learner_oid": accepted(4)["learner_oid"]}
    waiting = export(replace(item(1), **known), item(2))
    if not faults:
        assert received(waiting, receipts, holders)[0].outcome == "accepted"
        return
    with pytest.raises(Invalid) as refused:
        received(waiting, receipts, holders)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == faults


def test_a_refusal_keeps_the_numbers_that_are_known() -> None:
    known = replace(item(1), action="correct", study_right_oid="1.2.246.562.15.00000000004")
    [refused] = received(export(known), [{"source_id": UUID(int=101), "outcome": "refused", "error": "409"}], {})
    assert (refused.outcome, refused.study_right_oid, refused.error) == ("refused", "1.2.246.562.15.00000000004", "409")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (None, None),
        ("Opiskeluoikeus on jo olemassa", "Opiskeluoikeus on jo olemassa"),
        ("Virheellinen hetu: 010190-9002", "Virheellinen hetu: ***"),
        ("hetu 010190 - 9002, 120506a900w ja 010165U900X", "hetu ***, *** ja ***"),
        ("hetu 0101909002, 010190 900E ja 010190\u20139002", "hetu ***, *** ja ***"),
        ("versio 1.2.246.562.15.00000000004", "versio 1.2.246.562.15.00000000004"),
    ],
)
def test_no_error_names_a_code(text: str | None, kept: str | None) -> None:
    assert without_codes(text) == kept


def test_what_ends_an_export() -> None:
    check_not_sent(export(item(1), item(2, "not_sent")))
    with pytest.raises(WrongState) as refused:
        check_not_sent(export(item(1), item(2, "refused")))
    assert refused.value.facts["state"] == "received"
    for state in ("acknowledged", "cancelled"):
        with pytest.raises(WrongState) as refused:
            check_prepared(export(item(1, "accepted"), state=state))
        assert refused.value.facts == {"state": state, "allowed": ["prepared"]}
