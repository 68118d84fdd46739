"""Participants by their address: find them, and erase what leads to them. Both are recorded without the address."""

from collections import Counter
from collections.abc import Sequence
from secrets import token_bytes
from uuid import UUID

from app.db.people.study_centres import get_study_centre
from app.db.sessions import Writer
from app.db.support.enrolments import list_trainings_of_address
from app.db.trainings import participants_by_address as questions
from app.db.trainings import trainings
from app.db.trainings.trainings import Placed
from app.delivery.addresses import key_of
from app.domain.trainings import participants as rules
from app.domain.trainings.participants import FoundParticipant, ParticipantErasure, ParticipantSearch
from app.services.support.enrolments import erase_address
from app.services.trainings.participants import is_named, record


async def search_participants(writer: Writer, *, email: str) -> ParticipantSearch:
    found = await _find(writer, key_of(email))
    centre = await get_study_centre(writer.connection)
    writer.record("participants.searched", centre.id, found=len(found))
    return ParticipantSearch(found)


async def erase_participants(writer: Writer, *, email: str, reason: str) -> ParticipantErasure:
    """Make all participants with the address anonymous, in the trees that the caller leads or in all."""
    rules.check_reason(reason, email)
    email_key = key_of(email)
    found = await _find(writer, email_key)
    enrolled_in = await list_trainings_of_address(writer.connection, email_key)
    # The trainings first, and in their order, as all do.
    locked = await trainings.lock_several(writer, list({each.training_id for each in found} | {*enrolled_in}))
    await erase_address(writer, email_key, await _led(writer, [locked[each] for each in enrolled_in if each in locked]))
    tokens = _tokens_of(email_key, found)
    erased = await questions.erase_participants(writer.connection, tokens, writer.now) if tokens else 0
    by_training = Counter(each.training_id for each in found)
    for training_id, participants in by_training.items():
        record(
            writer,
            "erased",
            locked[training_id].training,
            reason=reason,
            participants=participants,
        )
    return ParticipantErasure(erased, len(by_training), writer.now)


async def _find(writer: Writer, email_key: str) -> list[FoundParticipant]:
    named = await is_named(writer)
    rules.check_searcher(writer.actor, is_named=named)
    return await questions.find_participants(writer.connection, email_key, rules.trees_of(writer.actor, is_named=named))


async def _led(writer: Writer, seen: Sequence[Placed]) -> list[UUID]:
    """Return the IDs of the trainings whose participants the caller may erase."""
    trees = rules.trees_of(writer.actor, is_named=await is_named(writer))
    return [each.training.id for each in seen if trees is None or not each.place.ancestors.isdisjoint(trees)]


def _tokens_of(email_key: str, found: list[FoundParticipant]) -> dict[UUID, bytes]:
    """A token for each, the same within a year. The keys of the years are kept nowhere."""
    keys = {year: token_bytes(32) for year in {each.year for each in found}}
    return {each.id: rules.token_of(keys[each.year], email_key) for each in found}
