"""Signatories, and main-user applications in the states that the examples need."""

from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256
from json import loads
from typing import Any
from uuid import UUID

from app.documents.applications import ApplicationContent, compose_application, digest_of
from app.domain.people.main_user_applications import expiry_of
from app.domain.people.signatures import SignInEvidence, canonical
from app.sandbox.demo.organisations import Central
from app.sandbox.demo.people import SANDBOX_ISSUER, People
from app.sandbox.demo.references import add_references
from app.sandbox.demo.rows import Demo, demo_id, office_hour
from app.texts.main_user_application import application_words

ENTERED_ON = date(2023, 1, 16)
DRAFTED_ON = date(2023, 4, 3)
SUBMITTED_AT = office_hour(date(2023, 4, 4))
SIGNED_AT = office_hour(date(2023, 4, 5))
SIGNATORY, BASIS = "Aili Marjamäki", "Puheenjohtaja"
CHECKS = ("document-is-ours", "only-signatures-added", "signature-whole", "chain-trusted", "time-sane", "not-revoked")


def add_main_user_applications(demo: Demo, centrals: Sequence[Central], people: People) -> None:
    """Give every central organisation a signatory, and the first also one to confirm and one to end."""
    for central in centrals:
        _add_signatory(demo, central, people, SIGNATORY, BASIS)
    first = centrals[0]
    _add_signatory(demo, first, people, "Eino Saarelma", "Varapuheenjohtaja", confirmed=False)
    _add_signatory(demo, first, people, "Terttu Lehtovaara", "Toiminnanjohtaja")
    managers = [people.unit_managers[district.id] for district in first.districts]
    in_person = managers[4]
    _add_signatory(demo, first, people, _person(demo, in_person)["name"], "Varapuheenjohtaja", person_id=in_person)

    applications = _Applications(demo, first)
    signatory_id = _signatory_id(first, SIGNATORY)
    applications.add(managers[1], signatory_id, "draft")
    of_association = people.unit_managers[first.districts[1].children[0].id]
    waiting = [applications.add(each, signatory_id, "awaiting_signatures") for each in (of_association, managers[0])]
    signed = applications.add(managers[2], signatory_id, "signed", signed_document_id=_signed_document_id(managers[2]))
    other_id = _signatory_id(first, _person(demo, in_person)["name"])
    received = applications.add(managers[3], other_id, "received", received_at=SIGNED_AT)
    # The documents name the references, which follow from all that has one.
    add_references(demo)
    for application in waiting:
        applications.fix(application)
    applications.sign_document(signed)
    applications.sign_in_service(received, in_person)


def _person(demo: Demo, person_id: UUID) -> dict[str, Any]:
    return next(row for row in demo.tables["persons"] if row["id"] == person_id)


def _signatory_id(central: Central, name: str) -> UUID:
    return demo_id("signatory", central.id, name, at=office_hour(ENTERED_ON))


def _signed_document_id(applicant: UUID) -> UUID:
    return demo_id("signed document", applicant, at=SIGNED_AT)


def _add_signatory(
    demo: Demo,
    central: Central,
    people: People,
    name: str,
    basis: str,
    *,
    person_id: UUID | None = None,
    confirmed: bool = True,
) -> None:
    entered_at = office_hour(ENTERED_ON)
    confirmation: dict[str, Any] = {"confirmed_by": people.staff[0], "confirmed_at": entered_at} if confirmed else {}
    demo.add(
        "signatories",
        id=_signatory_id(central, name),
        organisation_id=central.id,
        name=None if person_id else name,
        person_id=person_id,
        basis=basis,
        valid_from=date(2021, 1, 1),
        entered_by=people.main_users[central.id],
        entered_at=entered_at,
        **confirmation,
    )


class _Applications:
    """The applications of one central organisation."""

    def __init__(self, demo: Demo, central: Central) -> None:
        self.demo, self.central = demo, central

    def add(self, applicant: UUID, signatory_id: UUID, state: str, **columns: Any) -> dict[str, Any]:
        """Add an application and return its row."""
        created_at = office_hour(DRAFTED_ON)
        if state != "draft":
            columns |= {"submitted_at": SUBMITTED_AT, "expires_at": expiry_of(SUBMITTED_AT, 60)}
        self.demo.add(
            "main_user_applications",
            id=demo_id("main-user application", applicant, at=created_at),
            organisation_id=self.central.id,
            applicant_id=applicant,
            signatory_id=signatory_id,
            language="fi",
            state=state,
            created_at=created_at,
            **columns,
        )
        return self.demo.tables["main_user_applications"][-1]

    def fix(self, application: dict[str, Any]) -> bytes:
        """Add the application's document and return it."""
        document = self._document(application)
        self.demo.add(
            "main_user_application_documents",
            application_id=application["id"],
            content=_hexadecimal(document),
            digest=digest_of(document),
            made_at=SUBMITTED_AT,
        )
        return document

    def sign_document(self, application: dict[str, Any]) -> None:
        """Fix the document and let both sign in it. The bytes have no signatures: those differ each time."""
        document, applicant = self.fix(application), application["applicant_id"]
        self.demo.add(
            "main_user_application_signed_documents",
            id=application["signed_document_id"],
            application_id=application["id"],
            content=_hexadecimal(document),
            digest=digest_of(document),
            uploaded_by=applicant,
            uploaded_at=SIGNED_AT,
        )
        for signs_as, name in (("applicant", _person(self.demo, applicant)["name"]), ("signatory", SIGNATORY)):
            self._add_signature(
                application["id"],
                signs_as,
                signed_document_id=application["signed_document_id"],
                signed_at_by="signer",
                certificate=_certificate(name),
                revocation="good",
                checks=[{"name": check, "finding": "passed"} for check in CHECKS],
            )

    def sign_in_service(self, application: dict[str, Any], signatory: UUID) -> None:
        """Fix the document and let both sign it in the service."""
        document = self.fix(application)
        for signs_as, person_id in (("applicant", application["applicant_id"]), ("signatory", signatory)):
            evidence = SignInEvidence(
                person_id=person_id,
                issuer=SANDBOX_ISSUER,
                subject=str(person_id),
                acr="sandbox-strong",
                authenticated_at=SIGNED_AT - timedelta(minutes=1),
                document_digest=digest_of(document),
                signed_at=SIGNED_AT,
                request_id=demo_id("request", signs_as).hex,
            )
            self._add_signature(
                application["id"],
                signs_as,
                person_id=person_id,
                signed_at_by="service",
                checks=[{"name": check, "finding": "passed"} for check in ("document-is-ours", "authentication-fresh")],
                evidence=loads(canonical(evidence)),
                evidence_digest=evidence.digest,
            )

    def _add_signature(self, application_id: UUID, signs_as: str, **columns: Any) -> None:
        self.demo.add(
            "main_user_application_signatures",
            id=demo_id("signature", application_id, signs_as, at=SIGNED_AT),
            application_id=application_id,
            signs_as=signs_as,
            signed_at=SIGNED_AT,
            **columns,
        )

    def _document(self, application: dict[str, Any]) -> bytes:
        person = _person(self.demo, application["applicant_id"])
        signatory = next(row for row in self.demo.tables["signatories"] if row["id"] == application["signatory_id"])
        content = ApplicationContent(
            application_id=application["id"],
            reference=application["reference"],
            language="fi",
            study_centre_name="Opintokeskus Esimerkki",
            organisation_name=self.central.name,
            business_id=None,
            applicant_name=person["name"],
            applicant_email=person["email"],
            signatory_name=signatory["name"] or _person(self.demo, signatory["person_id"])["name"],
            signatory_basis=signatory["basis"],
            replaces_name=None,
            valid_from=None,
            made_at=SUBMITTED_AT,
        )
        return compose_application(content, application_words("fi", made_at=SUBMITTED_AT, valid_from=None))


def _hexadecimal(content: bytes) -> str:
    """Bytes as PostgreSQL reads them."""
    return f"\\x{content.hex()}"


def _certificate(name: str) -> dict[str, str]:
    digest = sha256(name.encode()).hexdigest()
    return {
        "subject": f"Common Name: {name}, Country: FI",
        "common_name": name,
        "issuer": "Common Name: Tuntipankki demo, Country: FI",
        "serial_number": digest[:16],
        "fingerprint": digest,
        "valid_from": (SIGNED_AT - timedelta(days=100)).isoformat(),
        "valid_until": (SIGNED_AT + timedelta(days=1000)).isoformat(),
    }
