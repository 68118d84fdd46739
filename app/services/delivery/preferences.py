"""Preferences of the caller for mail."""

from dataclasses import replace

from app.db.delivery.preferences import find_preferences, is_put, mail_preferences
from app.db.sessions import Reader, Writer
from app.db.statements import put_row
from app.domain.access import check_person
from app.domain.delivery.mails import MailPreference, MailPreferences
from app.domain.errors import NotFound
from app.domain.versions import Versions, check_version


async def get_preferences(reader: Reader) -> MailPreferences:
    check_person(reader.actor)
    preferences = await find_preferences(reader.connection, reader.actor.person_id)
    if preferences is None:
        raise NotFound
    return preferences


async def put_preferences(writer: Writer, mail: MailPreference, expected: Versions) -> MailPreferences:
    preferences = await get_preferences(writer)
    own_id = writer.actor.person_id
    check_version(preferences, expected, is_put=await is_put(writer.connection, own_id))
    await put_row(writer.connection, mail_preferences, person_id=own_id, mail=mail)
    if mail != preferences.mail:
        writer.record("mail-preferences.changed", own_id, person_id=str(own_id), mail=mail)
    return replace(preferences, mail=mail)
