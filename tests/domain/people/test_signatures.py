"""Signatures: the evidence of a signature in the service has one spelling."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from app.domain.people.signatures import SignedDocumentRefused, SignInEvidence, canonical

EVIDENCE = SignInEvidence(
    person_id=UUID("01890000-0000-7000-8000-000000000001"),
    issuer="https://login.example.org",
    subject="Åsa|1",
    acr="http://ftn.ficora.fi/2017/loa2",
    authenticated_at=datetime(2023, 3, 15, 10, 0, tzinfo=UTC),
    document_digest="ab" * 32,
    signed_at=datetime(2023, 3, 15, 10, 2, 30, 500_000, tzinfo=UTC),
    request_id="r1",
)


def test_evidence_is_spelt_in_one_way() -> None:
    assert canonical(EVIDENCE).decode() == (
        '{"acr":"http://ftn.ficora.fi/2017/loa2","authenticated_at":"2023-03-15T10:00:00.000000Z",'
        f'"document_digest":"{"ab" * 32}","issuer":"https://login.example.org",'
        '"person_id":"01890000-0000-7000-8000-000000000001","request_id":"r1",'
        '"signed_at":"2023-03-15T10:02:30.500000Z","subject":"Åsa|1"}'
    )


def test_the_same_times_in_another_zone_are_the_same_evidence() -> None:
    helsinki = timezone(timedelta(hours=2))
    same = replace(EVIDENCE, signed_at=EVIDENCE.signed_at.astimezone(helsinki))
    assert same.digest == EVIDENCE.digest


@pytest.mark.parametrize("field", [field.name for field in fields(SignInEvidence)])
def test_every_change_of_the_evidence_changes_its_digest(field: str) -> None:
    value = getattr(EVIDENCE, field)
    other: object = value + timedelta(microseconds=1) if isinstance(value, datetime) else f"{value}1"
    assert replace(EVIDENCE, **{field: other}).digest != EVIDENCE.digest  # type: ignore[arg-type]  # By its own name.


def test_a_refusal_names_its_finding_and_the_signature() -> None:
    assert SignedDocumentRefused.code == "signed-document-refused"
    assert SignedDocumentRefused("altered").facts == {"finding": "altered"}
    refused = SignedDocumentRefused("certificate-expired", signature=2, subject="CN=Åsa")
    assert refused.facts == {"finding": "certificate-expired", "signature": 2, "subject": "CN=Åsa"}
