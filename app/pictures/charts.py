"""The charts of hours: a row for each organisation, year or month, with its figures in words and as a bar of parts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date

from app.domain.hours.charts import YEARS, Figures, HeldHours, HoursFlow, HoursOfYears, HoursTree, HoursUsage
from app.domain.organisations.organisations import Language
from app.pictures.drawing import LINE, MARGIN, TEXT, WIDTH, Drawing, width_of
from app.texts.rendering import LOCALES, Texts, texts_of

STYLES = {
    "added": "s1 full",
    "taken": "s2 full",
    "used": "s1 full",
    "reserved": "s2 full",
    "returned": "s6 full",
    "lapsed": "free dashed",
    "available": "free",
    "left": "free",
}
"""Of the parts of bars, in a legend's order. What is still there is an outline, and what has lapsed a dashed one."""
BAR, GAP, INDENT = 10, 12, 18
ACROSS = WIDTH - 2 * MARGIN
MOST_MONTHS = 36
"""The last months, if there are more."""


@dataclass(frozen=True)
class Row:
    name: str
    said: str
    """Its figures in words."""
    parts: Mapping[str, int]
    """The hours of each part of the bar, in their order. A row may have none."""
    depth: int = 0
    begins: int = 0
    """Where the bar begins."""


def draw_chart(figures: Figures, language: Language) -> bytes:
    """The chart as SVG."""
    texts = texts_of("pictures", language)
    words = texts.tables["charts"]
    match figures:
        case HoursTree():
            name, rows = "tree", list(_rows_of_tree(figures, texts))
        case HoursFlow():
            name, rows = "flow", list(_rows_of_flow(figures, texts))
        case HoursOfYears():
            name, rows = "years", list(_rows_of_years(figures, texts))
        case HoursUsage():
            name, rows = "usage", list(_rows_of_months(figures, texts))
    facts = {"organisation": figures.organisation_name, "year": figures.year, "at": figures.at}
    facts["first"] = figures.year - YEARS + 1
    below = texts.choose(words["below"], facts | {"chart": texts.fill(words[name], facts)})
    title = texts.fill(words["title"], facts | {"below": below})
    spoken = " ".join(f"{row.name} – {row.said}." for row in rows)
    drawing = Drawing(f"hours-{name}", language, title=title, description=spoken or words["nothing"])
    y = drawing.head(figures.organisation_name, below) + GAP
    if not rows:
        drawing.write(words["nothing"], MARGIN, y, width=ACROSS)
        return drawing.svg(y + MARGIN)
    y = _draw_legend(drawing, [part for part in STYLES if any(row.parts.get(part) for row in rows)], texts, y)
    return drawing.svg(_draw_rows(drawing, rows, y))


def _rows_of_tree(tree: HoursTree, texts: Texts) -> Iterator[Row]:
    depths: dict[object, int] = {}
    for node in tree.nodes:
        depth = depths[node.organisation_id] = depths.get(node.parent_id, -1) + 1
        parts = _parts_of(node)
        said = _said(node.allotted, parts, texts)
        if node is tree.nodes[0]:
            facts = {"row": said, "available": node.available}
            said = texts.fill(texts.tables["charts"]["first"][tree.first_account], facts)
        yield Row(node.name, said, parts, depth)
    if others := tree.others:
        # Without a bar, since they may have far more together than any of those that are compared.
        name = texts.fill(texts.tables["charts"]["others"], {"organisations": others.organisations})
        yield Row(name, _said(others.allotted, _parts_of(others), texts), {})


def _parts_of(held: HeldHours) -> dict[str, int]:
    return {part: getattr(held, part) for part in ("used", "reserved", "lapsed", "available")}


def _rows_of_flow(flow: HoursFlow, texts: Texts) -> Iterator[Row]:
    """A waterfall: each step begins where the one before it has ended."""
    words = texts.tables["charts"]
    for step in flow.steps:
        part, begins = ("added", step.after - step.hours) if step.hours > 0 else ("taken", step.after)
        name = getattr(step.text, texts.language).rstrip(".")
        yield Row(name, texts.fill(words["sum"], {"hours": step.after}), {part: abs(step.hours)}, begins=begins)
    if flow.steps:
        free = flow.steps[-1].after
        yield Row(
            texts.fill("{part:word}", {"part": "available"}),
            texts.fill("{hours}", {"hours": free}),
            {"available": free},
        )


def _rows_of_years(chart: HoursOfYears, texts: Texts) -> Iterator[Row]:
    for each in chart.years:
        parts = {"used": each.used, "returned": each.returned, "lapsed": each.lapsed}
        parts["left"] = each.granted - sum(parts.values())
        yield Row(str(each.year), _said(each.granted, parts, texts), parts)


def _rows_of_months(chart: HoursUsage, texts: Texts) -> Iterator[Row]:
    for each in chart.months[-MOST_MONTHS:]:
        parts = {"used": each.used, "reserved": each.reserved}
        name = format_date(date.fromisoformat(f"{each.month}-01"), "LLLL y", locale=LOCALES[texts.language])
        yield Row(name, _said(sum(parts.values()), parts, texts), parts)


def _said(total: int, parts: Mapping[str, int], texts: Texts) -> str:
    words = texts.tables["charts"]
    said = [
        texts.fill(words["part"], {"part": texts.words[part], "hours": parts[part]}) for part in parts if parts[part]
    ]
    return texts.choose(words["row"], {"total": total, "parts": ", ".join(said)})


def _draw_legend(drawing: Drawing, parts: Sequence[str], texts: Texts, y: float) -> float:
    x: float = MARGIN
    for part in parts:
        word = texts.words[part]
        drawing.add("rect", class_=STYLES[part], x=x, y=y - TEXT + 2, width=TEXT, height=TEXT)
        drawing.write(word, x + TEXT + 6, y, width=ACROSS)
        x += TEXT + 6 + width_of(word) + 16
    return y + LINE + GAP if parts else y


def _draw_rows(drawing: Drawing, rows: Sequence[Row], y: float) -> float:
    """All bars have one scale, in which 0 is further in where some begin below it."""
    lowest = min(0, *(row.begins for row in rows))
    scale = ACROSS / max(1, *(row.begins + sum(row.parts.values()) - lowest for row in rows))
    for row in rows:
        indent = MARGIN + row.depth * INDENT
        drawing.write(row.name, indent, y, width=WIDTH - MARGIN - indent - width_of(row.said) - GAP)
        drawing.write(row.said, WIDTH - MARGIN, y, width=ACROSS, style="end faint")
        y += GAP / 2
        x = MARGIN + (row.begins - lowest) * scale
        for part, hours in row.parts.items():
            if hours:
                drawing.add("rect", class_=STYLES[part], x=x, y=y, width=hours * scale, height=BAR)
                x += hours * scale
        y += (BAR if row.parts else 0) + LINE + GAP / 2
    return y
