"""Letters about decisions: the facts that they say, and the letters as they were first read."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime, Integer, LargeBinary, Text, Uuid, any_, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import insert

from app.db.hours.decisions import hour_decisions
from app.db.organisations.organisations import name_in, organisations
from app.db.paging import given
from app.db.people.people import persons, study_centres
from app.db.statements import Command, Connection, Query, bound, columns_of, study_centre_table
from app.domain.errors import NotFound
from app.domain.hours.letters import LetterFacts
from app.domain.organisations.organisations import Language

hour_decision_letters = study_centre_table(
    "hour_decision_letters",
    Column("decision_id", Uuid, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)
_letters = hour_decision_letters
_language = bindparam("p_language", type_=Text)
_facts = Query(
    select(
        *columns_of(
            LetterFacts,
            hour_decisions,
            decision_id=hour_decisions.c.id,
            organisation_name=name_in(_language),
            business_id=organisations.c.business_id,
            decided_by_name=case((persons.c.erased_at.is_(None), persons.c.name)),
            study_centre_name=name_in(_language, study_centres),
        )
    )
    .join(organisations, organisations.c.id == hour_decisions.c.organisation_id)
    .join(persons, persons.c.id == hour_decisions.c.decided_by)
    .join(study_centres, study_centres.c.id == hour_decisions.c.study_centre_id)
    .where(given(hour_decisions.c.id, "id")),
    LetterFacts,
)
_content = Query(
    select(_letters.c.content).where(given(_letters.c.decision_id, "decision_id"), _letters.c.language == _language),
    lambda content: bytes(content),
)
_columns = ("decision_id", "language", "content", "made_at")
_kept = Command(insert(_letters).values({name: bindparam(f"p_{name}") for name in _columns}).on_conflict_do_nothing())
_sizes = Query(
    select(_letters.c.decision_id, _letters.c.language, func.length(_letters.c.content, type_=Integer)).where(
        _letters.c.decision_id == any_(bindparam("p_ids", type_=ARRAY(Uuid)))
    ),
    lambda decision_id, language, size: ((decision_id, language), size),
)


async def get_facts(connection: Connection, decision_id: UUID, language: Language) -> LetterFacts:
    facts = await _facts.first(connection, p_id=decision_id, p_language=language)
    if facts is None:
        raise NotFound
    return facts


async def find_letter(connection: Connection, decision_id: UUID, language: Language) -> bytes | None:
    """The letter as it was first read, if it was."""
    return await _content.first(connection, p_decision_id=decision_id, p_language=language)


async def find_sizes(connection: Connection, decision_ids: Collection[UUID]) -> dict[tuple[UUID, Language], int]:
    """The bytes of the letters that there are, by decision and language."""
    return dict(await _sizes.all(connection, p_ids=list(decision_ids)))


async def keep_letter(
    connection: Connection, decision_id: UUID, language: Language, content: bytes, made_at: datetime
) -> None:
    """Keep the letter, unless it has been kept meanwhile."""
    row = {"decision_id": decision_id, "language": language, "content": content, "made_at": made_at}
    await _kept.run(connection, **bound(_letters, row))
