"""Mails to an address: with a token, which only the request that makes them knows, or about the address itself."""

from uuid import UUID

from app.db.delivery.mails import mails
from app.db.identifiers import new_id
from app.db.people.study_centres import get_study_centre
from app.db.sessions import Writer
from app.db.statements import insert_row
from app.delivery.tokens import TokenMailing, digest_of, new_token
from app.domain.organisations.organisations import Language
from app.texts.mails import Letter, letter_with_token
from app.texts.rendering import Facts


async def mail_token(
    writer: Writer,
    tokens: TokenMailing,
    *,
    event: str,
    cause_id: UUID,
    page: str,
    address: str,
    language: Language,
    facts: Facts,
    person_id: UUID | None = None,
    name: str | None = None,
    organisation_id: UUID | None = None,
) -> bytes:
    """Mail a new token to the address, and return the token's digest. `page` is the first part of its page's path.

    Without a name the mail greets nobody: it does not show whether the address is known.
    """
    centre = await get_study_centre(writer.connection)
    token, mail_id = new_token(centre.id), new_id()
    letter = letter_with_token(
        event, language, name=name, study_centre=centre.name, facts={**facts, **tokens.facts(page)}
    )
    columns = {"event": event, "cause_id": cause_id, "organisation_id": organisation_id, "person_id": person_id}
    await _insert(writer, letter, id=mail_id, address=address, sealed_token=tokens.close(token, mail_id), **columns)
    return digest_of(token)


async def mail_to_address(
    writer: Writer, *, event: str, address: str, language: Language, facts: Facts, person_id: UUID, name: str
) -> None:
    """Mail a notice to an address, even if the person has another one when the mail is handed over."""
    centre = await get_study_centre(writer.connection)
    letter = letter_with_token(event, language, name=name, study_centre=centre.name, facts=facts, table="notices")
    mail_id = new_id()
    columns = {"event": event, "cause_id": mail_id, "person_id": person_id}
    await _insert(writer, letter, id=mail_id, address=address, **columns)


async def _insert(writer: Writer, letter: Letter, **columns: object) -> None:
    await insert_row(
        writer.connection,
        mails,
        language=letter.language,
        subject=letter.subject,
        text=letter.text,
        dates=[],
        state="due",
        made_at=writer.now,
        due_at=writer.now,
        **columns,
    )
