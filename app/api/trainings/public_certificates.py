"""`/v1/public/{slug}/certificates/{code}` and `/v1/public/{slug}/certificate-checks`."""

from fastapi import APIRouter

from app.api.conventions import PlainWrite, Read
from app.api.public_operations import IN_CENTRE, PublicOperation
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Line
from app.domain.trainings.certificates import CertificateCheck, PublicCertificate
from app.services.trainings import certificates

router = APIRouter(prefix="/public/{slug}", route_class=PublicOperation, dependencies=IN_CENTRE, tags=["Certificates"])


class CertificateCheckIn(Body):
    code: Line
    """Code of the certificate. Case and hyphens do not matter, nor whether O and 0, or I, L and 1 are mixed up."""
    name: Line
    """Name of the person whose certificate it should be."""


@router.get("/certificates/{code}", responses=refusing("not-found"))
@operation(is_open=True, secret_answer=True, computed=True)
async def get_public_certificate(reader: Read, code: str) -> PublicCertificate:
    """Verify a certificate by its code.

    The response has no name. Case and hyphens in the code do not matter, nor whether O and 0, or I, L and 1 are mixed
    up. An unknown code is 404 `not-found`.

    **Who:** anyone.
    """
    return await certificates.get_public(reader, code)


@router.post("/certificate-checks", responses=refusing("not-found"))
@operation(is_open=True, secret_answer=True)
async def check_public_certificate(writer: PlainWrite, body: CertificateCheckIn) -> CertificateCheck:
    """Verify a certificate by its code and a name.

    Says whether the certificate is that of the person, without showing the name. Case, accents and spaces in the name
    do not count. Nothing of the request is stored.

    **Who:** anyone.
    """
    return await certificates.check_certificate(writer, body.code, body.name)
