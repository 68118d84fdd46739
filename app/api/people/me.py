"""`/v1/me`."""

from fastapi import APIRouter

from app.api.conventions import Edit, Read, Tokens
from app.api.operations import Operation, Tag
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import UNSAID, Body, Email, Line, Phone
from app.domain.organisations.organisations import Language
from app.domain.people.people import Me
from app.services.people import me

router = APIRouter(
    prefix="/me",
    route_class=Operation,
    tags=[Tag("Me", "Your profile, roles and organisations, and what you have to do.")],
)


class MePatch(Body):
    name: Line = UNSAID
    """Your name."""
    email: Email = UNSAID
    """Your email address."""
    phone: Phone | None = UNSAID
    language: Language = UNSAID
    """Language of the emails sent to you."""


@router.get("")
@operation(people_only=True, personal_data=True)
async def get_me(reader: Read) -> Me:
    """Get your profile and roles.

    **Who:** everyone who has registered.
    """
    return await me.get_me(reader)


@router.patch("", responses=refusing("rate-limited"))
@operation(people_only=True)
async def change_me(writer: Edit, tokens: Tokens, body: MePatch) -> Me:
    """Change your profile.

    Changes your name, email address, telephone number or language. A link that verifies a new email address is sent to
    it. Until it is verified, emails go to the address that was verified last.

    **Who:** everyone who has registered.
    """
    return await me.change_me(writer, tokens, changes=body.given(), expected=writer.expected)
