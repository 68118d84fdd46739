"""The words of the document of a training strategy."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from app.domain.organisations.organisations import Language
from app.domain.trainings.documents import DocumentNames
from app.domain.trainings.strategies import FigureMeasure, StrategyTarget, TrainingStrategy
from app.texts.document_parts import Cells, document_words, paragraphs_of, part_of, rows_of, table_of
from app.texts.rendering import Texts, texts_of

YEAR = (0, True)


def strategy_words(
    language: Language,
    strategy: TrainingStrategy,
    names: DocumentNames,
    dated_at: datetime,
    *,
    drafted_on: date | None = None,
) -> Mapping[str, Any]:
    """The words of a revision, or of a draft as it is on that day."""
    texts = texts_of("strategy_documents", language)
    table = texts.tables["strategy"]
    facts = {
        **vars(strategy),
        "organisation": names.organisation_name,
        "business_id": names.business_id,
        "changed_at": dated_at if strategy.revision and strategy.revision > 1 else None,
        "dated_at": dated_at,
        "drafted_on": drafted_on,
    }
    shapes = [(1.6, False), (1.4, False), (1, False), YEAR]
    rows = [_target(texts, target) for target in strategy.targets]
    return document_words(
        texts,
        table,
        facts,
        part_of(paragraphs=paragraphs_of(texts.say(table["draft"], facts))),
        part_of(facts=rows_of(texts, table["facts"], facts)),
        *(part_of(title, paragraphs=paragraphs_of(getattr(strategy, name))) for name, title in table["texts"]),
        part_of(table["targets_title"], table=table_of(table["targets"], shapes, rows)),
    )


def strategy_file_name(language: Language, strategy: TrainingStrategy) -> str:
    texts = texts_of("strategy_documents", language)
    return texts.fill(texts.tables["strategy"]["file"], vars(strategy))


def _target(texts: Texts, target: StrategyTarget) -> Cells:
    measure = target.measure
    if isinstance(measure, FigureMeasure):
        aim = "{aim:euros}" if measure.figure == "support_cents" else "{aim}"
        by, to = [texts.fill("{figure:word}", vars(measure))], [texts.fill(aim, {"aim": target.aim})]
    else:
        by, to = paragraphs_of(measure.text), paragraphs_of(str(target.aim))
    return [paragraphs_of(target.text), by, to, [str(target.year)]]
