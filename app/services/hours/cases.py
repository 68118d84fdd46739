"""Cases: write and list comments, and set the handler."""

from uuid import UUID

from app.db.hours.case_comments import case_comments, comments
from app.db.hours.cases import find_candidate, get_case, lock_case
from app.db.hours.cases import put_handler as put
from app.db.identifiers import new_id
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import insert_row
from app.domain.hours import cases as rules
from app.domain.hours.cases import Case, CaseComment, CaseHandler, CaseType, Side, VisibleTo
from app.domain.versions import Versions, check_version


async def write_comment(
    writer: Writer, case_type: CaseType, case_id: UUID, *, text: str, visible_to: VisibleTo
) -> CaseComment:
    case = await lock_case(writer, case_type, case_id)
    side = rules.check_may_write(writer.actor, case)
    rules.check_open(case)
    comment_id = new_id()
    await insert_row(
        writer.connection,
        case_comments,
        id=comment_id,
        case_type=case_type,
        case_id=case_id,
        side=side,
        visible_to=visible_to,
        text=text,
        created_by=writer.actor.person_id,
        created_at=writer.now,
    )
    verb = rules.verb_of(case, side, visible_to)
    record_entry(writer, f"case-comment.{verb}", comment_id, case, side, visible_to)
    return await comments.get(writer, comment_id)


async def list_comments(reader: Reader, page: PageRequest, case_type: CaseType, case_id: UUID) -> Slice[CaseComment]:
    case = await get_case(reader, case_type, case_id)
    sides = rules.check_may_read(reader.actor, case)
    return await comments.page(reader, page, case_type=case_type, case_id=case_id, sides=sides)


async def put_handler(
    writer: Writer, case_type: CaseType, case_id: UUID, person_id: UUID | None, expected: Versions
) -> CaseHandler:
    case = await lock_case(writer, case_type, case_id)
    rules.check_may_assign(writer.actor, case)
    check_version(case.handler, expected, is_put=case.handler.handler_id is not None)
    if person_id is not None:
        rules.check_handler(await find_candidate(writer, person_id), case)
    if person_id == case.handler.handler_id:
        return case.handler
    writer.record(
        "case.handler-changed",
        case_id,
        organisation_id=case.place.organisation_id,
        case_type=case_type,
        handler_id=person_id and str(person_id),
    )
    return await put(writer, case, person_id)


def record_entry(writer: Writer, event: str, entry_id: UUID, case: Case, side: Side, visible_to: VisibleTo) -> None:
    """Record what was done with a comment or an attachment. What the study centre keeps for itself is not in the audit
    of the organisation."""
    is_internal = visible_to == "own_side" and side == "study_centre"
    parties = dict(zip(("person_id", "signatory_person_id"), map(str, case.parties), strict=False))
    writer.record(
        event,
        entry_id,
        organisation_id=None if is_internal else case.place.organisation_id,
        case_type=case.type,
        case_id=str(case.id),
        reference=case.reference,
        year=case.year,
        **(parties if side == "study_centre" else {}),
    )
