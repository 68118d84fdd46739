"""The words of certificates, and of extracts from the study register."""

from collections.abc import Mapping
from typing import Any

from app.domain.organisations.organisations import Language
from app.domain.trainings.certificates import CertificateFacts, PrintedSignature, grouped
from app.texts.document_parts import paragraphs_of, rows_of
from app.texts.rendering import Texts, texts_of


def certificate_words(language: Language, certificate: CertificateFacts) -> Mapping[str, Any]:
    """The certificate's words, without the sentences and rows whose facts are not known."""
    texts = texts_of("certificates", language)
    table = texts.tables["certificate"]
    days = {certificate.starts_on, certificate.ends_on}
    facts = {
        **vars(certificate),
        "code": grouped(certificate.code),
        "passed": None if certificate.grade else "passed",
        "single_day": certificate.starts_on if len(days) == 1 else None,
        "starts_on": certificate.starts_on if len(days) == 2 else None,
    }
    return {
        **{name: texts.tables[name] for name in ("page", "of")},
        **{name: table[name] for name in ("title", "goals_title", "assessment_title", "facts_title")},
        **{
            name: texts.choose(table[name], facts)
            for name in ("description", "extent", "issued", "study_centre_logo", "organisation_logo", "qr_code")
        },
        "completed": table["recognition" if certificate.is_recognised else "course"],
        "model_name": certificate.model_name,
        "certificate_text": paragraphs_of(certificate.certificate_text),
        "goals": list(certificate.goals),
        "assessment": rows_of(texts, table["assessment"], facts),
        "facts": rows_of(texts, table["facts"], facts),
        "signatures": [
            _signature(texts, "study_centre_signature", certificate.of_study_centre),
            _signature(texts, "organisation_signature", certificate.of_organisation),
        ],
        "code": facts["code"],
        "check": [texts.say(table["check"], facts)],
        "sealed": table["sealed"] if certificate.is_sealed else None,
    }


def certificate_name(language: Language, code: str) -> str:
    """The file name of a certificate, in ASCII."""
    texts = texts_of("certificates", language)
    return texts.fill(texts.tables["certificate"]["file"], {"code": code})


def batch_name(language: Language, reference: str | None, year: int) -> str:
    """The file name of many certificates, in ASCII."""
    texts = texts_of("certificates", language)
    return texts.fill(texts.tables["certificate"]["files"], {"of": reference or str(year)})


def _signature(texts: Texts, picture: str, signature: PrintedSignature) -> Mapping[str, str]:
    said = texts.fill(texts.tables["certificate"]["signature"], {"name": signature.name})
    return {**vars(signature), "picture": picture, "alt": said}
