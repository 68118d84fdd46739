"""`/v1/study-centre`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, Strict, StringConstraints

from app.api.conventions import Edit, File, PlainWrite, Read, Remove, Replace
from app.api.files import Download
from app.api.operations import Operation, Tag
from app.api.organisations.images import IMAGE_IN, PNG_OUT
from app.api.organisations.organisations import AddressIn, BusinessId, CertificateSignatoryIn, Website
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import UNSAID, WHOLE, Body, Flag, Line, Text
from app.domain.organisations.images import Image
from app.domain.organisations.participant_readers import ParticipantReaders
from app.domain.organisations.study_centre import StudyCentre
from app.services.organisations import participant_readers, study_centre, study_centre_images

router = APIRouter(
    prefix="/study-centre",
    route_class=Operation,
    tags=[
        Tag(
            "Study centre",
            "The study centre itself: its profile, logo and payment account, and whether two people decide hours.",
        )
    ],
)


MOST_READERS = 100
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{3,40}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class CentreAddressIn(AddressIn):
    country: Country | None = UNSAID


OrganisationOid = Annotated[str, StringConstraints(pattern=r"^1\.2\.246\.562\.10\.[0-9]{11,24}$")]


class KoskiSourceIn(Body):
    school_oid: OrganisationOid
    """OID of the study centre as an educational institution (oppilaitos)."""
    place_oid: OrganisationOid
    """OID of the place of instruction (toimipiste)."""
    source_system: Annotated[Line, Field(max_length=40)]
    """Code of the system that reports, by Koski’s code set `lahdejarjestelma`."""


class ParticipantReadersIn(Body):
    person_ids: Annotated[list[UUID], Field(max_length=MOST_READERS)]
    reason: Text
    """Reason for the list."""


class StudyCentrePatch(Body):
    decisions_by_two: Flag = UNSAID
    """Whether hours above 0 are decided by two people. `true` applies immediately, `false` from the midnight after the
    next."""
    name: Line = UNSAID
    name_sv: Line | None = UNSAID
    name_en: Line | None = UNSAID
    business_id: BusinessId | None = UNSAID
    address: CentreAddressIn | None = UNSAID
    website: Website | None = UNSAID
    privacy_notice_url: Website | None = UNSAID
    participants_kept_months: Annotated[int, Strict(), Field(ge=1, le=240), WHOLE] = UNSAID
    completion_years: Annotated[int, Strict(), Field(ge=1, le=20), WHOLE] = UNSAID
    slug: Slug | None = UNSAID
    koski: KoskiSourceIn | None = UNSAID
    certificate_signatory: CertificateSignatoryIn | None = UNSAID


@router.get("")
@operation(scope="hours:read")
async def get_study_centre(reader: Read) -> StudyCentre:
    """Get the study centre.

    Shows its profile, and whether hours are decided by two people.

    **Who:** everyone who has registered.
    """
    return await study_centre.get_centre(reader)


@router.patch("", responses=refusing("wrong-state", "already-exists"))
@operation(people_only=True)
async def change_study_centre(writer: Edit, body: StudyCentrePatch) -> StudyCentre:
    """Change the study centre.

    Changes the profile. The `slug` is chosen once and never changes after that, because public addresses begin with it.

    Turns decisions by two on or off. They are on immediately. They end at the midnight after the next, in Finland, and
    all of the staff get an email about it immediately. Turning them on again before that cancels the end.

    **Who:** staff.
    """
    return await study_centre.change_centre(writer, body.given(), writer.expected)


@router.put("/logo", responses=refusing("image-refused"))
@operation(people_only=True, file=IMAGE_IN)
async def put_study_centre_logo(writer: Replace, file: File) -> Image:
    """Upload the study centre's logo.

    Accepts the same files as an organisation's logo and stores a PNG without metadata. It replaces the previous one.

    **Who:** staff.
    """
    return await study_centre_images.put_image(
        writer, "logo", content=file.content, media_type=file.media_type, expected=writer.expected
    )


@router.get("/logo", **PNG_OUT | {"responses": PNG_OUT["responses"] | refusing("not-found")})
@operation(scope="organisations:read")
async def get_study_centre_logo(reader: Read) -> Download:
    """Get the study centre's logo.

    Returns the logo as a PNG.

    **Who:** everyone who has registered.
    """
    return Download(await study_centre_images.get_logo(reader), "image/png", "logo.png")


@router.delete("/logo", status_code=204, responses=refusing("not-found"))
@operation(people_only=True)
async def remove_study_centre_logo(writer: Remove) -> None:
    """Remove the study centre's logo.

    **Who:** staff.
    """
    await study_centre_images.remove_image(writer, "logo", expected=writer.expected)


@router.delete("/signature-image", status_code=204, responses=refusing("not-found"))
@operation(people_only=True)
async def remove_study_centre_signature_image(writer: Remove) -> None:
    """Remove the study centre's signature image.

    **Who:** staff.
    """
    await study_centre_images.remove_image(writer, "signature_image", expected=writer.expected)


@router.put("/signature-image", responses=refusing("image-refused"))
@operation(people_only=True, file=IMAGE_IN)
async def put_study_centre_signature_image(writer: Replace, file: File) -> Image:
    """Upload the study centre's signature image.

    Accepts the same files as the logo and stores a PNG of its own. It is on certificates, above the name of who signs
    them for the study centre. It replaces the previous one.

    **Who:** staff.
    """
    return await study_centre_images.put_image(
        writer, "signature_image", content=file.content, media_type=file.media_type, expected=writer.expected
    )


@router.get("/signature-image", **PNG_OUT | {"responses": PNG_OUT["responses"] | refusing("forbidden", "not-found")})
@operation(people_only=True, personal_data=True)
async def get_study_centre_signature_image(writer: PlainWrite) -> Download:
    """Get the study centre's signature image.

    Returns the signature image as a PNG. Each use is recorded in the audit.

    **Who:** staff.
    """
    return Download(await study_centre_images.use_signature_image(writer), "image/png", "signature.png")


@router.put("/participant-readers")
@operation(people_only=True)
async def put_study_centre_participant_readers(writer: Replace, body: ParticipantReadersIn) -> ParticipantReaders:
    """Set who may see participants.

    Replaces the list of the staff who may see the participants of training courses and peer groups. Each reading is
    recorded in the audit. You cannot add yourself.

    **Who:** staff.
    """
    return await participant_readers.put_readers(
        writer, person_ids=body.person_ids, reason=body.reason, expected=writer.expected
    )


@router.get("/participant-readers", responses=refusing("forbidden"))
@operation(people_only=True, personal_data=True)
async def get_study_centre_participant_readers(reader: Read) -> ParticipantReaders:
    """Get who may see participants.

    Returns the staff who may see the participants of training courses and peer groups.

    **Who:** staff, auditors.
    """
    return await participant_readers.get_readers(reader)
