"""`/v1/public/{slug}/certificates/{code}` and `/v1/public/{slug}/certificate-checks`."""

from fastapi import APIRouter

from app.api.conventions import PlainWrite, Read
from app.api.languages import PageLanguage
from app.api.pages import ShownPage, document, facts_list, page_or, paragraphs
from app.api.public_operations import IN_CENTRE, PublicOperation
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Line
from app.domain.organisations.organisations import Language
from app.domain.trainings.certificates import CertificateCheck, PublicCertificate, code_from, grouped
from app.services.trainings import certificates
from app.texts.pages import facts_of_page, page_text

router = APIRouter(prefix="/public/{slug}", route_class=PublicOperation, dependencies=IN_CENTRE, tags=["Certificates"])


class CertificateCheckIn(Body):
    code: Line
    """Code of the certificate. Case and hyphens do not matter, nor whether O and 0, or I, L and 1 are mixed up."""
    name: Line
    """Name of the person whose certificate it should be."""


@router.get("/certificates/{code}", response_model=PublicCertificate, responses=refusing("not-found"))
@operation(is_open=True, secret_answer=True, computed=True, page="certificate")
async def get_public_certificate(reader: Read, code: str, _: PageLanguage = None) -> PublicCertificate | ShownPage:
    """Verify a certificate by its code.

    The response has no name. Case and hyphens in the code do not matter, nor whether O and 0, or I, L and 1 are mixed
    up. An unknown code is 404 `not-found`. With `Accept: text/html` the response is a page, to which the QR code of a
    certificate leads.

    **Who:** anyone.
    """
    found = await certificates.get_public(reader, code)
    return page_or(reader.request, found, lambda shown, language: _page(shown, code, language))


@router.post("/certificate-checks", responses=refusing("not-found"))
@operation(is_open=True, secret_answer=True)
async def check_public_certificate(writer: PlainWrite, body: CertificateCheckIn) -> CertificateCheck:
    """Verify a certificate by its code and a name.

    Says whether the certificate is that of the person, without showing the name. Case, accents and spaces in the name
    do not count. Nothing of the request is stored.

    **Who:** anyone.
    """
    return await certificates.check_certificate(writer, body.code, body.name)


def _page(shown: PublicCertificate, written: str, language: Language) -> str:
    facts = {**vars(shown), "code": grouped(code_from(written) or "")}
    text = page_text(f"certificate.{shown.state}", language, facts)
    body = f"{paragraphs(text.paragraphs)}\n{facts_list(facts_of_page('certificate', language, facts))}"
    return document(language, text.title, body)
