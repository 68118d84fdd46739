"""`/v1/organisations/{id}/logo` and `/v1/organisations/{id}/signature-image`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import File, PlainWrite, Read, Remove, Replace
from app.api.files import Download, giving
from app.api.operations import Operation, Tag
from app.api.responses import refusing
from app.api.security import FileBody, operation
from app.domain.organisations.images import OrganisationImage
from app.services.organisations import images

router = APIRouter(
    prefix="/organisations/{organisation_id}",
    route_class=Operation,
    tags=[Tag("Images", "An organisation's logo and signature image, at most one of each.")],
)
LARGEST_IMAGE = 5 * 1024 * 1024
"""In bytes."""
IMAGE_IN = FileBody(("image/png", "image/jpeg", "image/webp"), LARGEST_IMAGE)
PNG_OUT = giving("image/png")


@router.put("/logo", responses=refusing("image-refused"))
@operation(people_only=True, file=IMAGE_IN)
async def put_organisation_logo(writer: Replace, organisation_id: UUID, file: File) -> OrganisationImage:
    """Upload the logo.

    Accepts PNG, JPEG or WebP of at most 5 MiB, 6,000 pixels an edge and 25 million pixels in all. The logo is stored
    as a PNG without metadata, scaled down to at most 2,000 pixels an edge. It replaces the previous one.

    **Who:** main users within their tree, unit managers for their unit and below, staff.
    """
    return await images.put_image(
        writer, organisation_id, "logo", content=file.content, media_type=file.media_type, expected=writer.expected
    )


@router.get("/logo", **PNG_OUT)
@operation(scope="organisations:read")
async def get_organisation_logo(reader: Read, organisation_id: UUID) -> Download:
    """Get the logo.

    Returns the logo as a PNG.

    **Who:** everyone with a role, within their reach.
    """
    return Download(await images.get_logo(reader, organisation_id), "image/png", f"logo-{organisation_id}.png")


@router.delete("/logo", status_code=204)
@operation(people_only=True)
async def remove_organisation_logo(writer: Remove, organisation_id: UUID) -> None:
    """Remove the logo.

    **Who:** main users within their tree, unit managers for their unit and below, staff.
    """
    await images.remove_image(writer, organisation_id, "logo", expected=writer.expected)


@router.put("/signature-image", responses=refusing("image-refused"))
@operation(people_only=True, file=IMAGE_IN)
async def put_organisation_signature_image(writer: Replace, organisation_id: UUID, file: File) -> OrganisationImage:
    """Upload the signature image.

    Accepts the same files as the logo and stores a PNG of its own. It replaces the previous one.

    **Who:** main users within their tree, unit managers for their unit and below, staff.
    """
    return await images.put_image(
        writer,
        organisation_id,
        "signature_image",
        content=file.content,
        media_type=file.media_type,
        expected=writer.expected,
    )


@router.get("/signature-image", **PNG_OUT | {"responses": PNG_OUT["responses"] | refusing("forbidden")})
@operation(people_only=True, personal_data=True)
async def get_organisation_signature_image(writer: PlainWrite, organisation_id: UUID) -> Download:
    """Get the signature image.

    Returns the signature image as a PNG. Each use is recorded in the audit.

    **Who:** main users within their tree, unit managers for their unit and below, staff.
    """
    png = await images.use_signature_image(writer, organisation_id)
    return Download(png, "image/png", f"signature-{organisation_id}.png")


@router.delete("/signature-image", status_code=204)
@operation(people_only=True)
async def remove_organisation_signature_image(writer: Remove, organisation_id: UUID) -> None:
    """Remove the signature image.

    **Who:** main users within their tree, unit managers for their unit and below, staff.
    """
    await images.remove_image(writer, organisation_id, "signature_image", expected=writer.expected)
