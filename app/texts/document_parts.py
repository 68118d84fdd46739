"""The parts of documents about plans and cost statements: facts, paragraphs, items and tables."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.domain.organisations.organisations import Language
from app.domain.trainings.documents import DocumentKind, DocumentNames
from app.domain.trainings.support_rules import Activity
from app.texts.rendering import Facts, Texts, texts_of

Cells = Sequence[Sequence[str]]
"""The cells of a row, each with its lines."""
Part = Mapping[str, Any]
AMOUNT = (0, True)
"""A column of numbers: as wide as the widest."""


def document_name(language: Language, kind: DocumentKind, reference: str | None, year: int) -> str:
    """The file name of a document, in ASCII."""
    texts, table = texts_and_table(language, kind)
    return texts.fill(table["file"], {"of": reference or str(year)})


def paragraphs_of(text: str | None) -> list[str]:
    """The lines that are not empty. A document shows a line break within a text as a space."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def declared(sentences: Mapping[str, str], declarations: object) -> list[str]:
    """The sentences of what is declared."""
    return [sentence for name, sentence in sentences.items() if getattr(declarations, name)]


def table_of(
    columns: Sequence[str],
    shapes: Sequence[tuple[float, bool]],
    rows: Sequence[Cells],
    *,
    has_total: bool = False,
    has_names: bool = False,
) -> Part | None:
    """A table, unless it has no rows. The shape of a column is its share of the width, 0 for the width of its content,
    and whether it has numbers. The last row may be their total. Names are not hyphenated, because they may be in
    another language than the document."""
    if not rows:
        return None
    return {
        "columns": columns,
        "widths": [width for width, _ in shapes],
        "numbers": [has_numbers for _, has_numbers in shapes],
        "rows": rows,
        "total": has_total,
        "hyphenated": not has_names,
    }


def sums_of(texts: Texts, columns: Sequence[str], total: str, costs: Iterable[Any]) -> Part | None:
    """A table of the costs of each category, in the order of their first ones, and of all."""
    sums: defaultdict[str, int] = defaultdict(int)
    for cost in costs:
        sums[cost.category] += cost.cents
    rows = [[[category_of(texts, category)], [euros_of(texts, cents)]] for category, cents in sums.items()]
    if rows:
        rows.append([[total], [euros_of(texts, sum(sums.values()))]])
    return table_of(columns, [(1, False), AMOUNT], rows, has_total=True)


def category_of(texts: Texts, category: str) -> str:
    return texts.fill("{category:word}", {"category": category})


def euros_of(texts: Texts, cents: int) -> str:
    return texts.fill("{cents:euros}", {"cents": cents})


def texts_and_table(language: Language, kind: DocumentKind) -> tuple[Texts, Mapping[str, Any]]:
    texts = texts_of("training_documents", language)
    return texts, texts.tables[kind]


def subject_facts(reference: str | None, hour_type: Activity, name: str, names: DocumentNames) -> dict[str, object]:
    return {
        "reference": reference,
        "course": name if hour_type == "training" else None,
        "peer_group": name if hour_type == "peer_group" else None,
        "organisation": names.organisation_name,
        "business_id": names.business_id,
    }


def document_words(texts: Texts, table: Mapping[str, Any], facts: Facts, *parts: Part) -> Mapping[str, Any]:
    return {
        "page": texts.tables["page"],
        "of": texts.tables["of"],
        "title": texts.say(table["title"], facts),
        "foot": texts.choose(table["foot"], facts),
        "made": texts.fill(table["made"], facts),
        "sections": [part for part in parts if any(part[name] for name in ("facts", "items", "paragraphs", "table"))],
    }


def part_of(
    title: str | None = None,
    *,
    paragraphs: Sequence[str] = (),
    facts: Sequence[tuple[str, str]] = (),
    items: Sequence[str] = (),
    table: Part | None = None,
) -> Part:
    return {"title": title, "paragraphs": paragraphs, "facts": facts, "items": items, "table": table}


def rows_of(texts: Texts, rows: Sequence[Sequence[str]], facts: Facts) -> list[tuple[str, str]]:
    said = ((name, texts.choose([value], facts)) for name, value in rows)
    return [(name, value) for name, value in said if value]
