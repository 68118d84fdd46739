"""`/v1/badge-applications`."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import NoBody, Read, Replace, ServiceKeys, Write, WriteOnce
from app.api.files import Download, giving
from app.api.operations import Operation
from app.api.organisations.images import PNG_OUT
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Flag, Several, Text
from app.db.paging import Slice
from app.domain.people.badge_applications import BadgeApplication, BadgeApplicationState, BadgeOutcome
from app.services.people import badge_applications

JWT = "application/jwt"
router = APIRouter(prefix="/badge-applications", route_class=Operation, tags=["Badges"])


def _for_earner(media_type: str) -> dict[str, Any]:
    options = giving(media_type) if media_type != "image/png" else dict(PNG_OUT)
    return options | {"responses": options["responses"] | refusing("forbidden", "wrong-state")}


class BadgeApplicationIn(Body):
    definition_id: UUID
    """ID of a published badge."""
    organisation_id: UUID
    """ID of the organisation whose main user you are."""


class BadgeDecisionIn(Body):
    outcome: BadgeOutcome
    """Decision on the application."""
    reason: Text | None = None
    """Reason for the decision, required for a rejection, and for a grant while a criterion is not met. `null` if none
    is given."""


class BadgeVisibilityIn(Body):
    public: Flag
    """Whether everyone may see the credential."""


class BadgeRevocationIn(Body):
    reason: Text
    """Reason for the revocation. The status list does not show it."""


@router.post(
    "",
    status_code=201,
    responses=refusing("not-found", "wrong-state", "already-exists", "not-configured"),
)
@operation(people_only=True)
async def apply_for_badge(writer: WriteOnce, keys: ServiceKeys, body: BadgeApplicationIn) -> BadgeApplication:
    """Apply for a badge.

    Shows which criteria are met now. One application may be open, or one badge held, at a time.

    **Who:** main users in person, for their own organisation.
    """
    return await badge_applications.apply_for_badge(
        writer, definition_id=body.definition_id, organisation_id=body.organisation_id, keys=keys
    )


@router.get("", response_model=Page[BadgeApplication])
@operation(people_only=True, personal_data=True)
async def list_badge_applications(
    reader: Read,
    page: Paging,
    definition_id: Several[UUID] = None,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    person_id: Several[UUID] = None,
    state: Several[BadgeApplicationState] = None,
) -> Slice[BadgeApplication]:
    """List applications for badges.

    The newest come first.

    **Who:** staff, auditors; everyone for their own.
    """
    return await badge_applications.list_applications(
        reader,
        page,
        definition_id=definition_id,
        organisation_id=organisation_id,
        under=under,
        person_id=person_id,
        state=state,
    )


@router.get("/{badge_application_id}")
@operation(people_only=True, personal_data=True)
async def get_badge_application(reader: Read, badge_application_id: UUID) -> BadgeApplication:
    """Get an application for a badge.

    Includes the decision, if one has been made, and the state of the badge.

    **Who:** staff, auditors; everyone for their own.
    """
    return await badge_applications.get_application(reader, badge_application_id)


@router.post("/{badge_application_id}/withdrawal", responses=refusing("wrong-state"))
@operation(people_only=True)
async def withdraw_badge_application(writer: Write, badge_application_id: UUID, _: NoBody = None) -> BadgeApplication:
    """Withdraw an application for a badge.

    No decision may have been made yet.

    **Who:** the applicant.
    """
    return await badge_applications.withdraw_application(writer, badge_application_id)


@router.post("/{badge_application_id}/decision", responses=refusing("wrong-state", "criteria-unmet"))
@operation(people_only=True)
async def decide_badge_application(
    writer: WriteOnce, badge_application_id: UUID, body: BadgeDecisionIn
) -> BadgeApplication:
    """Decide an application for a badge.

    Grants the badge or rejects the application.

    **Who:** staff, except those whose own matter it is.
    """
    return await badge_applications.decide_application(
        writer, badge_application_id, outcome=body.outcome, reason=body.reason
    )


@router.post("/{badge_application_id}/acceptance", responses=refusing("wrong-state", "not-configured"))
@operation(people_only=True)
async def accept_badge(
    writer: Write, keys: ServiceKeys, badge_application_id: UUID, _: NoBody = None
) -> BadgeApplication:
    """Accept a badge.

    Signs the credential, an Open Badges 3.0 `OpenBadgeCredential`, which never changes. Its texts are in the language
    that the earner has chosen. It names no person.

    **Who:** the earner.
    """
    return await badge_applications.accept(writer, badge_application_id, keys)


@router.post("/{badge_application_id}/refusal", responses=refusing("wrong-state"))
@operation(people_only=True)
async def decline_badge(writer: Write, badge_application_id: UUID, _: NoBody = None) -> BadgeApplication:
    """Decline a badge.

    Nothing is signed.

    **Who:** the earner.
    """
    return await badge_applications.decline(writer, badge_application_id)


@router.put("/{badge_application_id}/visibility", responses=refusing("wrong-state"))
@operation(people_only=True)
async def show_badge(writer: Replace, badge_application_id: UUID, body: BadgeVisibilityIn) -> BadgeApplication:
    """Set who sees a badge.

    A public badge is shown to everyone at the path of its credential. At first it is not public.

    **Who:** the earner.
    """
    return await badge_applications.show(writer, badge_application_id, public=body.public, expected=writer.expected)


@router.post("/{badge_application_id}/revocation", responses=refusing("wrong-state"))
@operation(people_only=True)
async def revoke_badge(writer: Write, badge_application_id: UUID, body: BadgeRevocationIn) -> BadgeApplication:
    """Revoke a badge.

    The status list shows the revocation immediately, without the reason.

    **Who:** staff, except those whose own matter it is.
    """
    return await badge_applications.revoke_badge(writer, badge_application_id, reason=body.reason)


@router.get("/{badge_application_id}/credential", **_for_earner(JWT))
@operation(people_only=True, personal_data=True)
async def get_badge_credential(reader: Read, badge_application_id: UUID) -> Download:
    """Get the credential of a badge.

    Returns the signed credential of an accepted badge (VC-JWT).

    **Who:** the earner, staff.
    """
    credential = await badge_applications.get_credential(reader, badge_application_id)
    return Download(credential.encode(), JWT, f"badge-{badge_application_id}.jwt")


@router.get("/{badge_application_id}/image", **_for_earner("image/png"))
@operation(people_only=True, personal_data=True)
async def get_baked_badge(reader: Read, badge_application_id: UUID) -> Download:
    """Get the image with the credential in it.

    Returns a PNG that programs for badges read: it contains the same credential.

    **Who:** the earner, staff.
    """
    png = await badge_applications.get_image(reader, badge_application_id)
    return Download(png, "image/png", f"badge-{badge_application_id}.png")
