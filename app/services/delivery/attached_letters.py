"""The letters that go with mails about decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

import structlog

from app.db.delivery.outbox import Recipient
from app.db.hours.letters import find_letter
from app.db.people.study_centres import get_study_centre
from app.db.statements import Connection
from app.domain.delivery.mailed_events import MAIL_OF, MAILED_EVENTS
from app.domain.delivery.mails import DEFAULT_PREFERENCE, Attachment, leaves_at
from app.domain.organisations.organisations import Language
from app.services.hours.letters import find_or_make_letter
from app.texts.letters import letter_name

PDF = "application/pdf"
Attachments = Mapping[tuple[UUID, Language], list[dict[str, Any]]]
"""The attachments of mails about a decision in a language, as a mail's row has them."""

log = structlog.get_logger()


async def attach_letters(connection: Connection, recipients: Sequence[Recipient]) -> Attachments:
    """Make the letters that these people get. A mail whose letter cannot be made leaves without it."""
    attachments: dict[tuple[UUID, Language], list[dict[str, Any]]] = {}
    now = (await get_study_centre(connection)).now
    for recipient in recipients:
        wanted = (recipient.subject_id, recipient.language)
        event = MAILED_EVENTS[MAIL_OF[recipient.event, recipient.to]]
        leaves = leaves_at(event.sending, recipient.preference or DEFAULT_PREFERENCE, now)
        if wanted in attachments or not event.has_letter or leaves is None:
            continue
        attachments[wanted] = []
        try:
            letter = await find_or_make_letter(connection, *wanted, now)
        except Exception as error:
            log.error("letter failed", decision_id=str(recipient.subject_id), exc_info=error)
            continue
        name = letter_name(recipient.language, recipient.facts.get("reference"), recipient.facts["year"])
        attachment = Attachment(name, PDF, len(letter), *wanted)
        attachments[wanted] = [asdict(attachment) | {"decision_id": str(attachment.decision_id)}]
    return attachments


async def read_files(connection: Connection, attachments: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, bytes]]:
    """The name, media type and content of each."""
    files = []
    for each in attachments:
        content = await find_letter(connection, UUID(each["decision_id"]), each["language"])
        if content is not None:
            files.append((each["name"], each["type"], content))
    return files
