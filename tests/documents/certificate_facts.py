"""A certificate's facts, and a seal, as the tests have them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from io import BytesIO

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from PIL import Image, ImageDraw

from app.documents.certificates import CertificateContent, CertificatePictures, DocumentSeal, compose_certificates
from app.domain.organisations.organisations import Language
from app.domain.trainings.certificates import CertificateFacts, PrintedSignature
from app.sandbox.signing import Identity
from app.texts.certificates import certificate_words
from tests.documents.chains import Holder

ADDRESS = "https://tunnit.example.org/v1/public/esimerkki/certificates/7Q3ZK0M2R8XW4T6B"
MADE_AT = datetime(2024, 5, 14, 9, 30, tzinfo=UTC)
FACTS = CertificateFacts(
    code="7Q3ZK0M2R8XW4T6B",
    name="Kaisa Kuusiranta",
    is_recognised=False,
    model_name="Järjestön talousvastaavan koulutus",
    version=2,
    goals=["osaa laatia järjestön talousarvion", "tuntee yhdistyslain vaatimukset"],
    certificate_text="Koulutus antaa valmiudet hoitaa järjestön taloutta.",
    what="talousarvion laatiminen",
    how="oppimistehtävä ja näyttö",
    by_whom="kouluttaja ja osallistujat",
    grade=4,
    assessed_by="Pekka Pihlajamäki",
    credits=6,
    learner_hours=162,
    organisation="Åbolands Ääniä ja Öljyä ry",
    central_organisation="Keskusjärjestö Äänet ry",
    study_centre="Opintokeskus Esimerkki",
    starts_on=date(2024, 3, 1),
    ends_on=date(2024, 5, 12),
    completed_on=date(2024, 5, 12),
    issued_on=date(2024, 5, 14),
    of_study_centre=PrintedSignature("Raija Rehtori", "rehtori", "Opintokeskus Esimerkki"),
    of_organisation=PrintedSignature("Pia Puheenjohtaja", "puheenjohtaja", "Keskusjärjestö Äänet ry"),
    address=ADDRESS,
    is_sealed=False,
)


def picture(width: int, height: int, mode: str = "RGBA") -> bytes:
    """A PNG with a cross through it."""
    image = Image.new(mode, (width, height))
    pen = ImageDraw.Draw(image)
    pen.line((0, 0, width, height), fill="navy", width=6)
    pen.line((0, height, width, 0), fill="navy", width=6)
    drawn = BytesIO()
    image.save(drawn, "PNG")
    return drawn.getvalue()


PICTURES = CertificatePictures(picture(300, 120), picture(200, 200, "RGB"), picture(240, 64), picture(2000, 500))


def seal_of(signer: Identity, *authorities: Holder) -> DocumentSeal:
    key = signer.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    own = signer.certificate.public_bytes(Encoding.DER)
    return DocumentSeal(key, (own, *(each.der for each in authorities)))


def certificates(
    language: Language,
    *facts: CertificateFacts,
    pictures: CertificatePictures = PICTURES,
    seal: DocumentSeal | None = None,
    made_at: datetime = MADE_AT,
) -> list[bytes]:
    documents: Sequence[tuple[CertificateContent, object]] = [
        (
            CertificateContent(language, each.study_centre, each.name, each.address),
            certificate_words(language, each),
        )
        for each in facts
    ]
    return compose_certificates(documents, pictures, made_at, seal)  # type: ignore[arg-type]


def certificate(language: Language = "fi", facts: CertificateFacts = FACTS, **options: object) -> bytes:
    return certificates(language, facts, **options)[0]  # type: ignore[arg-type]
