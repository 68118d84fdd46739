"""The words of certificates, and of extracts from the study register."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.domain.calendar.deadlines import day_of
from app.domain.organisations.organisations import Language
from app.domain.trainings.certificates import (
    CertificateFacts,
    ExtractedCompletion,
    PrintedSignature,
    grouped,
    model_name_of,
)
from app.texts.document_parts import AMOUNT, paragraphs_of, part_of, rows_of, table_of
from app.texts.rendering import Texts, texts_of

MOST_TOGETHER = 20
"""Rows of a table that fits on a page."""


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


def extract_words(
    language: Language, name: str, completions: Sequence[ExtractedCompletion], made_at: datetime
) -> Mapping[str, Any]:
    """The words of an extract: a row for each completion, and the sum of their credits."""
    texts = texts_of("certificates", language)
    table = texts.tables["extract"]
    facts = {"name": name, "made_at": day_of(made_at), "day": day_of(made_at).isoformat()}
    rows = [
        [
            [model_name_of(each.texts, language), *([table["recognised"]] if each.kind == "recognition" else [])],
            [each.organisation],
            [texts.fill("{day:day}", {"day": each.completed_on})],
            [texts.fill("{credits}", {"credits": each.credits})],
            [str(each.grade) if each.grade else texts.fill("{passed:word}", {"passed": "passed"})],
            [grouped(each.code) if each.code else ""],
        ]
        for each in completions
    ]
    if rows:
        total = sum(each.credits for each in completions)
        rows.append([[table["total"]], [""], [""], [texts.fill("{credits}", {"credits": total})], [""], [""]])
    shapes = [(1.1, False), (1, False), AMOUNT, AMOUNT, (0, False), (0, False)]
    return {
        **{each: texts.tables[each] for each in ("page", "of")},
        "title": table["title"],
        "foot": texts.fill(table["foot"], facts),
        "made": texts.fill(table["made"], facts),
        "sections": [
            part_of(
                paragraphs=[texts.fill(table["intro" if rows else "none"], facts)],
                # A long table has its heads on each page, so its total does not keep it together.
                table=table_of(table["columns"], shapes, rows, has_total=len(rows) < MOST_TOGETHER, has_names=True),
            )
        ],
    }


def extract_name(language: Language, made_at: datetime) -> str:
    """The file name of an extract, in ASCII."""
    texts = texts_of("certificates", language)
    return texts.fill(texts.tables["extract"]["file"], {"day": day_of(made_at).isoformat()})


def _signature(texts: Texts, picture: str, signature: PrintedSignature) -> Mapping[str, str]:
    said = texts.fill(texts.tables["certificate"]["signature"], {"name": signature.name})
    return {**vars(signature), "picture": picture, "alt": said}
