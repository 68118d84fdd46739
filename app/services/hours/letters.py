"""Letters about decisions, and drafts of decision plans, as PDFs."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.db.hours import letters
from app.db.hours.decisions import decisions
from app.db.hours.standing import find_windows
from app.db.organisations.organisations import find_names
from app.db.people.study_centres import get_study_centre
from app.db.sessions import Reader, Writer
from app.db.statements import Connection
from app.documents.letters import LetterContent, PlanContent, make_draft, make_letter
from app.domain.calendar.deadlines import day_of
from app.domain.hours.letters import LetterFacts, NextDays, next_days_of
from app.domain.organisations.names import name_in
from app.domain.organisations.organisations import Language
from app.services.hours.plans import get_plan
from app.texts.letters import letter_name, letter_words, plan_rows, plan_words


async def get_letter(writer: Writer, decision_id: UUID, language: Language) -> tuple[str, bytes]:
    """The name and the content of the decision's letter. Its bytes are kept from the first reading on."""
    decision = await decisions.get(writer, decision_id)
    letter = await find_or_make_letter(writer.connection, decision.id, language, writer.now)
    return letter_name(language, decision.reference, decision.year), letter


async def find_or_make_letter(connection: Connection, decision_id: UUID, language: Language, now: datetime) -> bytes:
    """Raises Overloaded if composing takes too long."""
    if kept := await letters.find_letter(connection, decision_id, language):
        return kept
    facts = await letters.get_facts(connection, decision_id, language)
    words = letter_words(language, facts, await _next_days(connection, facts))
    content = LetterContent(language, facts.study_centre_name, facts.organisation_name, facts.decided_by_name or "")
    made = await make_letter(content, words, facts.decided_at)
    await letters.keep_letter(connection, decision_id, language, made, now)
    # Of two first readings at the same time the second waits above, and gets the letter of the first.
    return await letters.find_letter(connection, decision_id, language) or made


async def get_draft(reader: Reader, plan_id: UUID, language: Language) -> bytes:
    """The plan as it is now, on pages that say that it is a draft."""
    plan = await get_plan(reader, plan_id)
    made_at = plan.last_edited_at or plan.created_at
    centre = await get_study_centre(reader.connection)
    names = await find_names(reader.connection, [item.organisation_id for item in plan.items], language)
    items = [replace(item, organisation_name=names[item.organisation_id]) for item in plan.items]
    content = PlanContent(language, name_in(language, centre), plan_rows(language, items))
    return await make_draft(content, plan_words(language, plan, made_at), made_at)


async def _next_days(connection: Connection, letter: LetterFacts) -> NextDays:
    changes = await find_windows(connection, letter.organisation_id, letter.year, "change_window")
    entries = await find_windows(connection, letter.organisation_id, letter.year, "training_entry")
    statements = await find_windows(connection, letter.organisation_id, letter.year, "cost_statement")
    return next_days_of(changes, entries, statements, day_of(letter.decided_at))
