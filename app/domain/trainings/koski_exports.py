"""Exports to Koski: what a file has, what is left out and why, and Koski's receipts (rulebook §7.1)."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, TypedDict
from uuid import UUID

from app.domain.errors import Fault, Invalid, NotFound, WrongState
from app.domain.trainings.koski_study_rights import Action
from app.domain.values import Shown

ExportState = Literal["prepared", "acknowledged", "cancelled"]
Because = Literal[
    "not-passed",
    "not-for-koski",
    "no-consent",
    "already-sent",
    "overlap",
    "identity-conflict",
    "withdrawn-by-learner",
]
ReceiptOutcome = Literal["accepted", "refused", "withdrawn_by_learner"]
ItemOutcome = Literal["accepted", "refused", "withdrawn_by_learner", "not_sent"]

MOST_TRAININGS = 50
MOST_RECEIPTS = 500
CODE_IN_TEXT = re.compile(
    r"\d{6}\s?[-\u2010-\u2015\u2212+A-Fa-fU-Yu-y]\s?\d{3}[0-9A-Za-z]|(?<![\d.])\d{6}\s?\d{3}[0-9A-Za-z](?!\d)"
)
"""What looks like a personal identity code, also with a dash of another kind or none."""


@dataclass(frozen=True)
class KoskiExportItem(Shown):
    completion_id: UUID
    """ID of the completion."""
    source_id: UUID
    """ID of the first completion, the same over corrections: the ID in the source system for Koski."""
    action: Action
    """Action in Koski: `create`, `correct` or `cancel`."""
    outcome: ItemOutcome | None
    """Outcome. `not_sent`: the export was cancelled, or the consent withdrawn before the file was read. `null` until
    there is a receipt."""
    study_right_oid: str | None
    """OID of the study right in Koski. `null` if it is not known."""
    learner_oid: str | None
    """OID of the learner in Koski. `null` if it is not known."""
    version: int | None
    """Version of the study right, by the receipt. `null` if the receipt has none."""
    error: str | None
    """Error of Koski, by the receipt. `null` if the receipt has none."""
    received_at: datetime | None
    """When the receipt was entered. `null` if there is none."""


@dataclass(frozen=True)
class LeftOut(Shown):
    completion_id: UUID
    """ID of the completion."""
    because: Because
    """Reason why the completion is not in the file."""


@dataclass(frozen=True)
class KoskiExport(Shown):
    id: UUID
    training_ids: list[UUID]
    """IDs of the training courses."""
    state: ExportState
    """State of the export."""
    items: list[KoskiExportItem]
    """Completions in the file."""
    left_out: list[LeftOut]
    """Completions of the courses that are not in the file."""
    prepared_by: UUID
    """ID of the person who prepared the export."""
    prepared_by_name: str | None
    prepared_at: datetime
    """When the export was prepared."""
    file_read_at: datetime | None
    """When the file was first read. `null` if it has not been read."""
    concluded_at: datetime | None
    """When the last receipt came, or the export was cancelled. `null` if it is prepared."""


class Receipt(TypedDict, total=False):
    source_id: UUID
    outcome: ReceiptOutcome
    study_right_oid: str | None
    learner_oid: str | None
    version: int | None
    error: str | None


EntryState = Literal["accepted", "cancelled", "withdrawn_by_learner"]


@dataclass(frozen=True)
class Entry:
    """What Koski has of a completion and its corrections, by the last receipt that changed something."""

    source_id: UUID
    completion_id: UUID
    person_id: UUID
    state: EntryState
    study_right_oid: str | None
    learner_oid: str | None
    study_unit: str
    completed_on: date

    @property
    def is_there(self) -> bool:
        return self.state == "accepted"


@dataclass(frozen=True)
class Candidate:
    """A completion in force with what decides whether it is exported."""

    completion_id: UUID
    source_id: UUID
    is_passed: bool
    completed_on: date
    study_unit: str | None
    person_id: UUID | None
    """The learner who has a consent in force. `None` without one."""
    has_identity: bool
    """Whether the consent still has its identity code or learner number."""
    is_waiting: bool
    """Whether it is in a prepared export."""


@dataclass(frozen=True)
class Chosen:
    completion_id: UUID
    source_id: UUID
    action: Action
    entry: Entry | None


def choose(
    candidates: Iterable[Candidate],
    entries: Sequence[Entry],
    waiting: Sequence[Entry],
    identities: Mapping[UUID, Collection[str]],
) -> tuple[list[Chosen], list[LeftOut]]:
    """Return what the file has and what is left out (rulebook §7.1).

    `entries` are what Koski has or had, `waiting` what prepared exports have, both of these completions and of their
    learners; `identities` all codes and numbers that are kept, by person.
    """
    conflicting = conflicting_of(identities)
    known = {entry.source_id: entry for entry in entries}
    days = [*(entry for entry in entries if entry.is_there), *waiting]
    chosen: list[Chosen] = []
    left_out: list[LeftOut] = []
    for each in candidates:
        entry = known.get(each.source_id)
        present = entry if entry and entry.is_there else None
        match _decide(each, entry, days, is_conflicting=each.person_id in conflicting):
            case "cancel" as action:
                # What Koski has is cancelled as it is there, even if it has been corrected since.
                completion_id = present.completion_id if present else each.completion_id
                chosen.append(Chosen(completion_id, each.source_id, action, present))
                days = [day for day in days if day.source_id != each.source_id]
            case "create" | "correct" as action:
                chosen.append(Chosen(each.completion_id, each.source_id, action, present))
                days = [day for day in days if day.source_id != each.source_id]
                if each.person_id and each.study_unit:
                    days.append(_as_entry(each, each.person_id, each.study_unit))
            case because:
                left_out.append(LeftOut(each.completion_id, because))
    return chosen, left_out


def _decide(
    candidate: Candidate, entry: Entry | None, days: Sequence[Entry], *, is_conflicting: bool
) -> Action | Because:
    if candidate.is_waiting:
        return "already-sent"
    if entry and entry.state == "withdrawn_by_learner":
        return "withdrawn-by-learner"
    if entry and entry.is_there:
        if candidate.person_id is None or not candidate.is_passed:
            return "cancel"
        if entry.completion_id == candidate.completion_id:
            return "already-sent"
        return "overlap" if _overlaps(candidate, days) else "correct"
    if not candidate.is_passed:
        return "not-passed"
    if candidate.study_unit is None:
        return "not-for-koski"
    if candidate.person_id is None or not candidate.has_identity:
        return "no-consent"
    if is_conflicting:
        return "identity-conflict"
    return "overlap" if _overlaps(candidate, days) else "create"


def _overlaps(candidate: Candidate, days: Iterable[Entry]) -> bool:
    """Whether the learner has another study right of the same study unit on the day: each lasts one day."""
    return any(
        day.source_id != candidate.source_id
        and day.person_id == candidate.person_id
        and day.study_unit == candidate.study_unit
        and day.completed_on == candidate.completed_on
        for day in days
    )


def _as_entry(candidate: Candidate, person_id: UUID, study_unit: str) -> Entry:
    return Entry(
        candidate.source_id,
        candidate.completion_id,
        person_id,
        "accepted",
        None,
        None,
        study_unit,
        candidate.completed_on,
    )


def conflicting_of(identities: Mapping[UUID, Collection[str]]) -> set[UUID]:
    """Return the people who share a code or number with another person: one of them has given a wrong one."""
    holders: dict[str, set[UUID]] = {}
    for person_id, given in identities.items():
        for identity in given:
            holders.setdefault(identity, set()).add(person_id)
    return {person_id for people in holders.values() if len(people) > 1 for person_id in people}


def check_prepared(export: KoskiExport) -> None:
    """Check that the export waits for receipts. Raise WrongState."""
    if export.state != "prepared":
        raise WrongState(state=export.state, allowed=["prepared"])


def check_not_sent(export: KoskiExport) -> None:
    """Check that no receipt shows that the file was sent (rulebook §7.1). Raise WrongState."""
    check_prepared(export)
    if any(item.outcome not in {None, "not_sent"} for item in export.items):
        raise WrongState(state="received", allowed=["prepared"])


def received(export: KoskiExport, receipts: Sequence[Receipt], holders: Mapping[str, UUID]) -> list[KoskiExportItem]:
    """Return the items with their receipts (rulebook §7.1). `holders` are completions by their study rights.

    Raise NotFound for an item of another export; WrongState if the export has ended, or for an item received before or
    twice; Invalid if Koski's OIDs are missing, are not those known of the item, or if the study right is another
    completion's.
    """
    waiting = {item.source_id: item for item in export.items}
    for index, receipt in enumerate(receipts):
        if receipt["source_id"] not in waiting:
            raise NotFound(pointer=f"/items/{index}/source_id")
    check_prepared(export)
    done: dict[UUID, KoskiExportItem] = {}
    faults: list[Fault] = []
    held = dict(holders)
    for index, receipt in enumerate(receipts):
        item = waiting[receipt["source_id"]]
        outcome = item.outcome or (item.source_id in done and "received")
        if outcome:
            raise WrongState(pointer=f"/items/{index}/source_id", state=outcome, allowed=["awaiting_receipt"])
        faults += _missing_oids(receipt, f"/items/{index}")
        right = receipt.get("study_right_oid")
        holder = held.setdefault(right, item.source_id) if right else item.source_id
        faults += _wrong_oids(receipt, item, holder, f"/items/{index}")
        done[item.source_id] = replace(
            item,
            outcome=receipt["outcome"],
            study_right_oid=receipt.get("study_right_oid") or item.study_right_oid,
            learner_oid=receipt.get("learner_oid") or item.learner_oid,
            version=receipt.get("version"),
            error=without_codes(receipt.get("error")),
        )
    if faults:
        raise Invalid(*faults)
    return list(done.values())


def _missing_oids(receipt: Receipt, place: str) -> list[Fault]:
    if receipt["outcome"] != "accepted":
        return []
    return [
        Fault(f"{place}/{name}", "oid-needed")
        for name, value in (
            ("study_right_oid", receipt.get("study_right_oid")),
            ("learner_oid", receipt.get("learner_oid")),
        )
        if value is None
    ]


def _wrong_oids(receipt: Receipt, item: KoskiExportItem, holder: UUID, place: str) -> list[Fault]:
    """The faults of the OIDs. `holder` is the completion that has the study right."""
    faults = [] if holder == item.source_id else [Fault(f"{place}/study_right_oid", "oid-of-another")]
    if item.action == "create":
        # What is sent for the first time, or again after a cancellation, gets its OIDs from Koski.
        return faults
    given = (
        ("study_right_oid", receipt.get("study_right_oid"), item.study_right_oid),
        ("learner_oid", receipt.get("learner_oid"), item.learner_oid),
    )
    return faults + [
        Fault(f"{place}/{name}", "oid-differs", {"known": old}) for name, new, old in given if new and new != old
    ]


def without_codes(text: str | None) -> str | None:
    """Return the text with stars in place of what looks like a personal identity code: errors of Koski name them."""
    return text and CODE_IN_TEXT.sub("***", text)


def state_after(export: KoskiExport, items: Iterable[KoskiExportItem] = ()) -> ExportState:
    """Return the state of the export once these items have what became of them."""
    outcomes = {item.source_id: item.outcome for item in (*export.items, *items)}
    if None in outcomes.values():
        return "prepared"
    return "cancelled" if set(outcomes.values()) == {"not_sent"} else "acknowledged"
