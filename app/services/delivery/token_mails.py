"""Mails to an address: with a token, which only the request that makes them knows, or about the address itself."""

from uuid import UUID

from app.db.delivery.mails import mails
from app.db.delivery.token_mails import count_token_mails, note_token_mail
from app.db.identifiers import new_id
from app.db.people.study_centres import get_study_centre
from app.db.sessions import Writer
from app.db.statements import insert_row
from app.delivery.addresses import key_of
from app.delivery.tokens import TokenMailing, digest_of, new_token
from app.domain.organisations.names import name_in
from app.domain.organisations.organisations import Language
from app.domain.people.daily_limits import TOKENS_TO_ADDRESS, day_around
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
    organisation_id: UUID | None = None,
    most_a_day: int | None = TOKENS_TO_ADDRESS,
) -> bytes | None:
    """Mail a new token to the address, and return the token's digest. `page` is the first part of its page's path.

    The mail is nobody's: it shows neither whose the address is nor whether it is known. None if nothing was mailed,
    because the address has got enough of them today (rulebook §2.5): the caller does not hear of it. Without
    `most_a_day` it never has.
    """
    address_digest = digest_of(key_of(address))
    sent = await count_token_mails(writer.connection, event, address_digest, *day_around(writer.now))
    if most_a_day is not None and sent >= most_a_day:
        return None
    await note_token_mail(writer.connection, event, address_digest, writer.now)
    centre = await get_study_centre(writer.connection)
    token, mail_id = new_token(centre.id), new_id()
    said = {**facts, **tokens.facts(page)}
    letter = letter_with_token(event, language, study_centre=name_in(language, centre), facts=said)
    columns = {"event": event, "cause_id": cause_id, "organisation_id": organisation_id}
    await _insert(writer, letter, id=mail_id, address=address, sealed_token=tokens.close(token, mail_id), **columns)
    return digest_of(token)


async def mail_to_address(
    writer: Writer, *, event: str, address: str, language: Language, facts: Facts, person_id: UUID | None = None
) -> None:
    """Mail a notice to an address, even if the person has another one when the mail is handed over.

    The address is nobody's without a person.
    """
    centre = await get_study_centre(writer.connection)
    letter = letter_with_token(event, language, study_centre=name_in(language, centre), facts=facts, table="notices")
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
