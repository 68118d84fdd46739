"""The words of the document of a training model's version."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.domain.organisations.organisations import Language
from app.domain.trainings.documents import DocumentNames
from app.domain.trainings.model_versions import LANGUAGES, ModelText, ModelVersion, text_in
from app.texts.document_parts import Part, document_words, paragraphs_of, part_of, rows_of
from app.texts.rendering import Texts, texts_of


def model_document_name(language: Language, number: int) -> str:
    """The file name of the document, in ASCII."""
    texts = texts_of("model_documents", language)
    return texts.fill(texts.tables["file"], {"number": number})


def model_version_words(
    language: Language,
    version: ModelVersion,
    model_name: str,
    names: DocumentNames,
    approved_at: datetime | None,
    dated_at: datetime,
) -> Mapping[str, Any]:
    """The words of a version with all its sections. One that has not been approved says so on each page.

    Texts that the version does not have in the language are shown in another.
    """
    texts = texts_of("model_documents", language)
    table = texts.tables
    known = [each for each in (language, *LANGUAGES) if text_in(version, each)]
    read_in = known[0] if known else language
    own = text_in(version, read_in) or ModelText()
    facts = {
        **vars(version),
        "name": own.name or model_name,
        "organisation": names.organisation_name,
        "business_id": names.business_id,
        "study_centre": names.study_centre_name,
        "approved_at": approved_at,
        "dated_at": dated_at,
    }
    words = document_words(
        texts,
        table,
        facts,
        part_of(paragraphs=[texts.say(table["intro"], facts)]),
        part_of(facts=rows_of(texts, table["facts"], facts)),
        _part(texts, table["extent_title"], facts=rows_of(texts, table["extent"], facts)),
        part_of(paragraphs=[table["credits_note"]]),
        _part(texts, table["goals_title"], items=own.goals, language=read_in),
        *_sections(texts, table["texts"], version),
        _part(texts, table["assessment_title"], facts=_rows(texts, table["assessment"], version.assessment)),
        *_sections(texts, table["more_texts"], version),
        _part(texts, table["certificate_title"], paragraphs=paragraphs_of(own.certificate_text), language=read_in),
        _part(texts, table["koski_title"], facts=_rows(texts, table["koski"], version.koski_study_unit)),
        *(part for each in LANGUAGES if each != read_in for part in _translation(texts, version, each)),
    )
    return {**words, "notice": None if approved_at else table["notice"]}


def _sections(texts: Texts, named: Iterable[Sequence[str]], version: ModelVersion) -> Iterator[Part]:
    for name, title in named:
        empty = "not_required" if name == "prerequisites" else "not_given"
        yield _part(texts, title, empty=empty, paragraphs=paragraphs_of(getattr(version, name)))


def _translation(texts: Texts, version: ModelVersion, language: Language) -> Iterator[Part]:
    """The texts in another of the version's languages."""
    if text := text_in(version, language):
        title, certificate_title = texts.tables["translations"][language]
        yield _part(texts, title, paragraphs=paragraphs_of(text.name), items=text.goals, language=language)
        certificate = paragraphs_of(text.certificate_text)
        yield _part(texts, certificate_title, paragraphs=certificate, language=language)


def _rows(texts: Texts, rows: Sequence[Sequence[str]], value: object) -> list[tuple[str, str]]:
    return rows_of(texts, rows, vars(value)) if value else []


def _part(
    texts: Texts, title: str, *, language: Language | None = None, empty: str = "not_given", **content: Any
) -> Part:
    """A part with its title, which says so if it has no content. What people wrote may be in another language."""
    if not any(content.values()):
        return part_of(title, paragraphs=[texts.tables[empty]])
    part = part_of(title, **content)
    return {**part, "language": language} if language else part
