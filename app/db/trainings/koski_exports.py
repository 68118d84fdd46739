"""Exports to Koski: what they are chosen from, what they have, and what Koski has by its receipts."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on

from app.db.paging import Choice, choice
from app.db.people.people import persons, study_centres
from app.db.resources import Resource
from app.db.statements import (
    Command,
    Connection,
    Converted,
    Query,
    Selection,
    bound,
    change_row,
    columns_of,
    insert_row,
    insert_rows,
)
from app.db.trainings.completions import completions
from app.db.trainings.koski_consents import ACCEPTED_AT, LAST_DAY, SETTLED, STUDY_UNIT
from app.db.trainings.koski_tables import koski_consents, koski_export_items, koski_exports
from app.db.trainings.model_tables import training_model_versions
from app.db.trainings.tables import trainings
from app.domain.trainings.koski_consents import IdentityKind, kept_until
from app.domain.trainings.koski_exports import (
    Candidate,
    Chosen,
    Entry,
    EntryState,
    KoskiExport,
    KoskiExportItem,
    LeftOut,
)
from app.domain.trainings.koski_study_rights import Action, Issuer

_items, _consents = koski_export_items.c, koski_consents.c
_training_ids = bindparam("p_training_ids", type_=ARRAY(Uuid))
_ITEM = (
    *("completion_id", "source_id", "action", "outcome", "study_right_oid", "learner_oid", "version", "error"),
    "received_at",
)
_listed = (
    select(
        func.jsonb_agg(
            aggregate_order_by(func.jsonb_build_array(*(_items[name] for name in _ITEM)), _items.source_id),
        )
    )
    .where(_items.export_id == koski_exports.c.id)
    .correlate(koski_exports)
    .scalar_subquery()
)


def _items_from(rows: list[list[Any]] | None) -> list[KoskiExportItem]:
    return [_item_from(*row) for row in rows or []]


def _item_from(*row: Any) -> KoskiExportItem:
    values = dict(zip(_ITEM, row, strict=True))
    for name in ("completion_id", "source_id"):
        values[name] = UUID(values[name])
    if values["received_at"]:
        values["received_at"] = datetime.fromisoformat(values["received_at"])
    return KoskiExportItem(**values)


def _left_out_from(rows: list[dict[str, Any]]) -> list[LeftOut]:
    return [LeftOut(UUID(row["completion_id"]), row["because"]) for row in rows]


_export = Selection(
    KoskiExport,
    koski_exports,
    items=Converted(_listed, _items_from),
    left_out=Converted(koski_exports.c.left_out, _left_out_from),
)
exports = Resource(
    select(*_export.columns),
    _export.build,
    koski_exports,
    filters={
        "state": choice("state", koski_exports.c.state.type, lambda state: koski_exports.c.state == state),
        "training_id": Choice(
            bindparam("p_training_id", type_=Uuid) == any_(koski_exports.c.training_ids),
            koski_exports.c.training_ids.bool_op("&&")(bindparam("p_training_id", type_=ARRAY(Uuid))),
        ),
    },
    locked_first=True,
)
"""Exports, for staff alone."""


@dataclass(frozen=True)
class _CandidateRow:
    completion_id: UUID
    source_id: UUID
    outcome: str
    completed_on: date
    study_unit: str | None
    person_id: UUID | None
    has_identity: bool
    last_day: date
    accepted_at: datetime | None
    is_waiting: bool
    consent_id: UUID | None


@dataclass(frozen=True)
class ConsentOf:
    """The consent in force for a completion."""

    consent_id: UUID
    person_id: UUID


_first = completions.alias("first")
_source_id: Any = case(
    (
        completions.c.corrects_id.is_not(None),
        select(_first.c.id)
        .where(_first.c.participant_id == completions.c.participant_id, _first.c.corrects_id.is_(None))
        .order_by(_first.c.id)
        .limit(1)
        .correlate(completions)
        .scalar_subquery(),
    ),
    else_=completions.c.id,
)
_is_waiting = (
    select(_items.source_id).where(_items.source_id == _source_id, _items.outcome.is_(None)).correlate(completions)
)
_candidates = Query(
    select(
        completions.c.id.label("completion_id"),
        _source_id.label("source_id"),
        completions.c.outcome,
        completions.c.completed_on,
        STUDY_UNIT.label("study_unit"),
        _consents.person_id,
        func.coalesce(_consents.identity.is_not(None), False).label("has_identity"),
        LAST_DAY.label("last_day"),
        ACCEPTED_AT.label("accepted_at"),
        _is_waiting.exists().label("is_waiting"),
        _consents.id.label("consent_id"),
    )
    .select_from(completions)
    .join(trainings, trainings.c.id == completions.c.training_id)
    .outerjoin(training_model_versions, training_model_versions.c.id == trainings.c.model_version_id)
    .outerjoin(
        koski_consents,
        (_consents.participant_id == completions.c.participant_id) & _consents.withdrawn_at.is_(None),
    )
    .where(completions.c.training_id == any_(_training_ids), completions.c.state == "in_force")
    .order_by(completions.c.id),
    _CandidateRow,
)


async def list_candidates(
    connection: Connection, training_ids: Sequence[UUID], now: datetime
) -> tuple[list[Candidate], dict[UUID, ConsentOf]]:
    """The completions in force of the trainings, and their consents in force by the ID of the first completion."""
    found, given = [], {}
    for row in await _candidates.all(connection, p_training_ids=list(training_ids)):
        found.append(
            Candidate(
                completion_id=row.completion_id,
                source_id=row.source_id,
                is_passed=row.outcome == "passed",
                completed_on=row.completed_on,
                study_unit=row.study_unit,
                person_id=row.person_id,
                has_identity=row.has_identity and now < kept_until(row.last_day, row.accepted_at),
                is_waiting=row.is_waiting,
            )
        )
        if row.consent_id and row.person_id:
            given[row.source_id] = ConsentOf(row.consent_id, row.person_id)
    return found, given


@dataclass(frozen=True)
class _EntryRow:
    source_id: UUID
    completion_id: UUID
    consent_id: UUID
    person_id: UUID
    action: Action
    outcome: str | None
    study_right_oid: str | None
    learner_oid: str | None
    study_unit: str
    completed_on: date


_entry_columns = columns_of(
    _EntryRow, koski_export_items, study_unit=STUDY_UNIT, completed_on=completions.c.completed_on
)


def _entries(condition: Any, *order: Any) -> Any:
    return (
        select(*_entry_columns)
        .select_from(koski_export_items)
        .join(completions, completions.c.id == _items.completion_id)
        .join(trainings, trainings.c.id == completions.c.training_id)
        .join(training_model_versions, training_model_versions.c.id == trainings.c.model_version_id)
        .where(condition)
        .order_by(*order)
    )


_learners_locked = Command(
    select(persons.c.id)
    .where(persons.c.id.in_(select(_consents.person_id).where(_consents.training_id == any_(_training_ids))))
    .order_by(persons.c.id)
    .with_for_update(read=True, key_share=True)
)
_in_force_locked = Command(
    select(_consents.id)
    .where(_consents.training_id == any_(_training_ids), _consents.withdrawn_at.is_(None))
    .order_by(_consents.id)
    .with_for_update(key_share=True)
)
_sent_locked = Command(
    select(_consents.id)
    .where(_consents.id.in_(select(_items.consent_id).where(_items.export_id == bindparam("p_export_id", type_=Uuid))))
    .order_by(_consents.id)
    .with_for_update(key_share=True)
)


async def lock_consents_of_trainings(connection: Connection, training_ids: Sequence[UUID]) -> None:
    """Nobody withdraws a consent, or erases or merges its learner, while an export is chosen.

    The learners first, as in an erasure and a merger.
    """
    await _learners_locked.run(connection, p_training_ids=list(training_ids))
    await _in_force_locked.run(connection, p_training_ids=list(training_ids))


async def lock_consents_of_export(connection: Connection, export_id: UUID) -> None:
    """The order of locks is that of a withdrawal: consents, exports."""
    await _sent_locked.run(connection, p_export_id=export_id)


_of_receipts: Query[UUID] = Query(
    select(_consents.id)
    .join(koski_export_items, _items.consent_id == _consents.id)
    .where(
        _items.export_id == bindparam("p_export_id", type_=Uuid),
        _items.source_id == any_(bindparam("p_source_ids", type_=ARRAY(Uuid))),
        _consents.withdrawn_at.is_(None),
    )
)


async def list_consents_in_force(connection: Connection, export_id: UUID, source_ids: Sequence[UUID]) -> list[UUID]:
    """The consents with which the export's items were sent, if they are in force."""
    return await _of_receipts.all(connection, p_export_id=export_id, p_source_ids=list(source_ids))


_concerned = or_(
    _items.person_id == any_(bindparam("p_person_ids", type_=ARRAY(Uuid))),
    _items.source_id == any_(bindparam("p_source_ids", type_=ARRAY(Uuid))),
)
_last_entries = Query(
    _entries(SETTLED & _concerned, _items.source_id, _items.received_at.desc(), _items.export_id.desc()).ext(
        distinct_on(_items.source_id)
    ),
    _EntryRow,
)
_waiting_entries = Query(
    _entries(_items.outcome.is_(None) & (_items.action != "cancel") & _concerned, _items.source_id), _EntryRow
)
_holders: Query[tuple[str, UUID]] = Query(
    select(_items.study_right_oid, _items.source_id).where(
        _items.outcome == "accepted", _items.study_right_oid == any_(bindparam("p_oids", type_=ARRAY(Text)))
    ),
    lambda oid, source_id: (oid, source_id),
)
_known_learners = Query(
    select(_items.person_id, _items.learner_oid).where(_items.outcome == "accepted").distinct(),
    lambda person_id, number: (person_id, number),
)


def _state_of(row: _EntryRow) -> EntryState:
    if row.outcome == "withdrawn_by_learner":
        return "withdrawn_by_learner"
    return "cancelled" if row.action == "cancel" else "accepted"


def _entry(row: _EntryRow) -> Entry:
    return Entry(
        row.source_id,
        row.completion_id,
        row.person_id,
        _state_of(row),
        row.study_right_oid,
        row.learner_oid,
        row.study_unit,
        row.completed_on,
    )


async def list_entries(
    connection: Connection, source_ids: Sequence[UUID], person_ids: Sequence[UUID]
) -> tuple[list[Entry], list[Entry], dict[UUID, ConsentOf]]:
    """What Koski has or had of the completions and of the people; what waits for a receipt; and the consents that the
    former were sent with, by the ID of the first completion."""
    concerned = {"p_source_ids": list(source_ids), "p_person_ids": list(person_ids)}
    known = await _last_entries.all(connection, **concerned)
    waiting = await _waiting_entries.all(connection, **concerned)
    sent_with = {row.source_id: ConsentOf(row.consent_id, row.person_id) for row in known}
    return [_entry(row) for row in known], [_entry(row) for row in waiting], sent_with


async def list_holders(connection: Connection, study_right_oids: Sequence[str]) -> dict[str, UUID]:
    """The completions, by the ID of the first, that have these study rights of Koski."""
    return dict(await _holders.all(connection, p_oids=list(study_right_oids)))


async def list_known_learners(connection: Connection) -> list[tuple[UUID, str]]:
    """The people of whom Koski has accepted something, with Koski's numbers of them."""
    return await _known_learners.all(connection)


async def insert_export(
    connection: Connection,
    export: KoskiExport,
    issuer: Issuer,
    chosen: Iterable[Chosen],
    consents: dict[UUID, ConsentOf],
) -> None:
    await insert_row(
        connection,
        koski_exports,
        id=export.id,
        training_ids=export.training_ids,
        state=export.state,
        issuer=asdict(issuer),
        left_out=[{"completion_id": str(each.completion_id), "because": each.because} for each in export.left_out],
        prepared_by=export.prepared_by,
        prepared_at=export.prepared_at,
    )
    await insert_rows(
        connection,
        koski_export_items,
        [
            {
                "export_id": export.id,
                "source_id": each.source_id,
                "completion_id": each.completion_id,
                "consent_id": consents[each.source_id].consent_id,
                "person_id": consents[each.source_id].person_id,
                "action": each.action,
                "study_right_oid": each.entry.study_right_oid if each.entry else None,
                "learner_oid": each.entry.learner_oid if each.entry else None,
            }
            for each in chosen
        ],
    )


async def change_export(connection: Connection, export_id: UUID, **columns: object) -> None:
    await change_row(connection, koski_exports, export_id, **columns)


_RECEIPT = ("outcome", "study_right_oid", "learner_oid", "version", "error")
_receipt = Command(
    update(koski_export_items)
    .where(_items.export_id == bindparam("p_export_id", type_=Uuid), _items.source_id == bindparam("p_of", type_=Uuid))
    .values(
        {name: bindparam(f"p_{name}", type_=_items[name].type) for name in (*_RECEIPT, "received_by", "received_at")}
    )
)
_not_sent = Command(
    update(koski_export_items)
    .where(_items.export_id == bindparam("p_export_id", type_=Uuid), _items.outcome.is_(None))
    .values(outcome="not_sent", received_at=bindparam("p_now", type_=_items.received_at.type))
)


async def write_receipts(
    connection: Connection, export_id: UUID, items: Iterable[KoskiExportItem], by: UUID, now: datetime
) -> None:
    for item in items:
        values = {
            name: getattr(item, name) for name in ("outcome", "study_right_oid", "learner_oid", "version", "error")
        }
        await _receipt.run(
            connection,
            p_export_id=export_id,
            p_of=item.source_id,
            **bound(koski_export_items, values | {"received_by": by, "received_at": now}),
        )


async def mark_not_sent(connection: Connection, export_id: UUID, now: datetime) -> None:
    """Of what waits for a receipt."""
    await _not_sent.run(connection, p_export_id=export_id, p_now=now)


_unread: Query[UUID] = Query(
    update(koski_export_items)
    .where(
        _items.consent_id == any_(bindparam("p_consent_ids", type_=ARRAY(Uuid))),
        _items.outcome.is_(None),
        _items.action != "cancel",
        _items.export_id == koski_exports.c.id,
        koski_exports.c.file_read_at.is_(None),
    )
    .values(outcome="not_sent", received_at=bindparam("p_now", type_=_items.received_at.type))
    .returning(_items.export_id)
)
_lock_unread = Command(
    select(koski_exports.c.id)
    .join(koski_export_items, _items.export_id == koski_exports.c.id)
    .where(_items.consent_id == any_(bindparam("p_consent_ids", type_=ARRAY(Uuid))), _items.outcome.is_(None))
    .order_by(koski_exports.c.id)
    .with_for_update(key_share=True, of=koski_exports)
)


async def drop_unread(connection: Connection, consent_ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Leave out of prepared exports what was to be sent with these consents, if nobody has read the file yet. Return
    the exports."""
    await _lock_unread.run(connection, p_consent_ids=list(consent_ids))
    return await _unread.all(connection, p_consent_ids=list(consent_ids), p_now=now)


@dataclass(frozen=True)
class ItemToSend:
    """What the file says of a completion, with the encrypted identity code."""

    source_id: UUID
    action: Action
    consent_id: UUID
    kind: IdentityKind
    identity: bytes | None
    last_day: date
    accepted_at: datetime | None
    is_withdrawn: bool
    first_names: str | None
    calling_name: str | None
    surname: str | None
    completed_on: date
    credits: int
    grade: int | None
    language: str | None
    study_unit: str
    model_id: UUID
    texts: dict[str, Any]
    study_right_oid: str | None
    learner_oid: str | None


_to_send = Query(
    select(
        *columns_of(
            ItemToSend,
            koski_export_items,
            kind=_consents.identity_kind,
            identity=_consents.identity,
            last_day=LAST_DAY,
            accepted_at=ACCEPTED_AT,
            is_withdrawn=_consents.withdrawn_at.is_not(None),
            first_names=_consents.first_names,
            calling_name=_consents.calling_name,
            surname=_consents.surname,
            completed_on=completions.c.completed_on,
            credits=completions.c.credits,
            grade=completions.c.grade,
            language=trainings.c.language,
            study_unit=STUDY_UNIT,
            model_id=training_model_versions.c.model_id,
            texts=training_model_versions.c.texts,
        )
    )
    .select_from(koski_export_items)
    .join(koski_consents, _consents.id == _items.consent_id)
    .join(completions, completions.c.id == _items.completion_id)
    .join(trainings, trainings.c.id == completions.c.training_id)
    .join(training_model_versions, training_model_versions.c.id == trainings.c.model_version_id)
    .where(_items.export_id == bindparam("p_export_id", type_=Uuid), _items.outcome.is_(None))
    .order_by(_items.source_id),
    ItemToSend,
)
_issuer: Query[Issuer] = Query(
    select(koski_exports.c.issuer).where(koski_exports.c.id == bindparam("p_id", type_=Uuid)),
    lambda stored: Issuer(**stored),
)


async def list_to_send(connection: Connection, export_id: UUID) -> list[ItemToSend]:
    """What waits for a receipt."""
    return await _to_send.all(connection, p_export_id=export_id)


@dataclass(frozen=True)
class ReportingProfile:
    """What the study centre's profile says of Koski and of who confirms completions."""

    koski: dict[str, str] | None
    certificate_signatory: dict[str, Any] | None


_profile = Query(select(*columns_of(ReportingProfile, study_centres)), ReportingProfile)


async def get_profile(connection: Connection) -> ReportingProfile:
    return await _profile.first(connection) or ReportingProfile(None, None)


async def get_issuer(connection: Connection, export_id: UUID) -> Issuer:
    issuer = await _issuer.first(connection, p_id=export_id)
    if issuer is None:
        raise RuntimeError(f"{export_id} is no export")
    return issuer
