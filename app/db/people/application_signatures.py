"""Signatures on main-user applications: in the document uploaded last, and in the service."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Text, Uuid, bindparam, case, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from app.db.identifiers import new_id
from app.db.paging import Listing, filters_of, seen_by
from app.db.people.application_documents import signed_documents
from app.db.people.main_user_applications import main_user_applications
from app.db.people.people import persons
from app.db.people.signatories import signatories
from app.db.sessions import Reader, Writer
from app.db.statements import (
    Converted,
    Query,
    Selection,
    change_row,
    insert_row,
    insert_rows,
    study_centre_table,
)
from app.domain.people.application_signatures import ApplicationSignature, SignsAs
from app.domain.people.signatures import Certificate, Check, ExaminedSignature, SignInEvidence, canonical

main_user_application_signatures = study_centre_table(
    "main_user_application_signatures",
    Column("application_id", Uuid, nullable=False),
    Column("signed_document_id", Uuid),
    Column("signs_as", Text),
    Column("person_id", Uuid),
    Column("signed_at", DateTime(timezone=True), nullable=False),
    Column("signed_at_by", Text, nullable=False),
    Column("certificate", JSONB),
    Column("revocation", Text),
    Column("checks", JSONB, nullable=False),
    Column("evidence", JSONB),
    Column("evidence_digest", Text),
    Column("matched_by", Uuid),
    Column("matched_at", DateTime(timezone=True)),
    Column("reason", Text),
)

_table, _applications = main_user_application_signatures, main_user_applications
_applicant, _signer = persons.alias("applicant"), persons.alias("signer")


def _certificate_from(stored: dict[str, Any] | None) -> Certificate | None:
    if stored is None:
        return None
    days = {name: datetime.fromisoformat(stored[name]) for name in ("valid_from", "valid_until")}
    return Certificate(**stored | days)


_signature = Selection(
    ApplicationSignature,
    _table,
    method=case((_table.c.signed_document_id.is_(None), "service"), else_="document"),
    named=case(
        (_table.c.signs_as == "applicant", _applicant.c.name),
        (_table.c.signs_as == "signatory", func.coalesce(_signer.c.name, signatories.c.name)),
    ),
    certificate=Converted(_table.c.certificate, _certificate_from),
    checks=Converted(_table.c.checks, lambda checks: [Check(**check) for check in checks]),
    acr=_table.c.evidence["acr"].astext,
    authenticated_at=Converted(
        _table.c.evidence["authenticated_at"].astext, lambda text: text and datetime.fromisoformat(text)
    ),
    state=case(
        (or_(_table.c.signed_document_id.is_(None), _table.c.matched_at.is_not(None)), "matched"), else_="unmatched"
    ),
)
# Signatures of a replaced document stay in the table, but do not count.
_present = (
    select(*_signature.columns)
    .join(_applications, _applications.c.id == _table.c.application_id)
    .join(_applicant, _applicant.c.id == _applications.c.applicant_id)
    .join(signatories, signatories.c.id == _applications.c.signatory_id)
    .outerjoin(_signer, _signer.c.id == signatories.c.person_id)
    .where(
        or_(
            _table.c.signed_document_id.is_(None),
            _table.c.signed_document_id == _applications.c.signed_document_id,
        )
    )
)
_of_application = _present.where(_table.c.application_id == bindparam("p_application_id", type_=Uuid))
_all = Query(_of_application.order_by(_table.c.id), _signature.build)
signature_listing = Listing(_present, _signature.build, key=[_table.c.id], filters=filters_of(_table, "application_id"))


async def find_signatures(session: Reader, application_id: UUID) -> list[ApplicationSignature]:
    """All signatures that count, oldest first."""
    return await _all.all(session.connection, p_application_id=application_id, **seen_by(session))


async def keep_signed_document(
    writer: Writer,
    application_id: UUID,
    content: bytes,
    digest: str,
    found: Sequence[tuple[ExaminedSignature, SignsAs | None]],
) -> UUID:
    """Keep the uploaded document with its signatures, and return the document's id."""
    document_id = new_id()
    await insert_row(
        writer.connection,
        signed_documents,
        id=document_id,
        application_id=application_id,
        content=content,
        digest=digest,
        uploaded_by=writer.actor.person_id,
        uploaded_at=writer.now,
    )
    rows = [
        {
            "id": new_id(),
            "application_id": application_id,
            "signed_document_id": document_id,
            "signs_as": signs_as,
            "signed_at": signature.signed_at,
            "signed_at_by": signature.signed_at_by,
            "certificate": _plain(signature.certificate),
            "revocation": signature.revocation,
            "checks": [asdict(check) for check in signature.checks],
        }
        for signature, signs_as in found
    ]
    await insert_rows(writer.connection, _table, rows)
    return document_id


def _plain(certificate: Certificate) -> dict[str, Any]:
    values = asdict(certificate)
    return {name: v.isoformat() if isinstance(v, datetime) else v for name, v in values.items()}


async def keep_service_signature(
    writer: Writer, application_id: UUID, signs_as: SignsAs, evidence: SignInEvidence, checks: Sequence[Check]
) -> UUID:
    """Keep a signature made in the service, with the complete evidence."""
    signature_id = new_id()
    await insert_row(
        writer.connection,
        _table,
        id=signature_id,
        application_id=application_id,
        signs_as=signs_as,
        person_id=evidence.person_id,
        signed_at=evidence.signed_at,
        signed_at_by="service",
        checks=[asdict(check) for check in checks],
        evidence=loads(canonical(evidence)),
        evidence_digest=evidence.digest,
    )
    return signature_id


async def match_signature(writer: Writer, signature_id: UUID, signs_as: SignsAs, reason: str | None) -> None:
    await change_row(
        writer.connection,
        _table,
        signature_id,
        signs_as=signs_as,
        matched_by=writer.actor.person_id,
        matched_at=writer.now,
        reason=reason,
    )
