"""The charts of hours as SVG."""

import re
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest

from app.domain.calendar.deadlines import HELSINKI
from app.domain.hours.charts import (
    Figures,
    FirstAccount,
    HoursFlow,
    HoursOfYears,
    HoursTree,
    HoursUsage,
    MonthOfHours,
    SeveralHolders,
    TreeNode,
    YearOfHours,
    pool_node_of,
)
from app.domain.hours.explanations import ExplanationStep
from app.domain.hours.ledger import TransferKind
from app.domain.organisations.organisations import Language
from app.pictures.charts import draw_chart
from app.pictures.drawing import STYLE
from app.texts.explanations import step_text
from app.texts.rendering import LANGUAGES
from tests.pictures import SVG, in_docs, parsed, texts_of

LONG = "Varsinais-Suomen kansalaisopistojen ja sivistysjärjestöjen kehittämisyhdistys " * 4


def node(number: int, name: str = "Lahden Martat", *, parent: int | None = 1, used: int = 10) -> TreeNode:
    parent_id = UUID(int=parent) if parent else None
    return TreeNode(used + 20, 5, used, 0, 15, organisation_id=UUID(int=number), name=name, parent_id=parent_id)


def step(kind: TransferKind, hours: int, after: int) -> ExplanationStep:
    return ExplanationStep(kind, hours, after, step_text("common", kind, hours), causes=[], causes_total=0)


FIRST = node(1, "Marttaliitto", parent=None)
OTHERS = SeveralHolders(99_500, 1_000, 50_000, 0, 48_500, organisations=9_950)
NOW = datetime(2023, 8, 1, 12, tzinfo=HELSINKI)
TREE = HoursTree("Marttaliitto", 2023, NOW, "common", [FIRST, node(2), node(3, parent=2)], OTHERS)
YEARS = HoursOfYears("Marttaliitto", 2023, None, [YearOfHours(2022, 100, 50, 10, 40), YearOfHours(2023, 200, 50, 0, 0)])
STEPS = [step("grant", 300, 300), step("distribution", -400, -100), step("recall", 220, 120)]
FLOW = HoursFlow("Marttaliitto", 2023, None, STEPS)
USAGE = HoursUsage("Marttaliitto", 2023, None, [MonthOfHours("2023-01", 30, 0), MonthOfHours("2023-02", 20, 10)])


def bars(svg: bytes) -> list[tuple[str | None, float, float]]:
    """The style, the beginning and the width of each part, without the paper and the legend."""
    rects = [rect for rect in parsed(svg).iter(f"{SVG}rect") if rect.get("height") == "10"]
    return [(rect.get("class"), float(rect.get("x", "0")), float(rect.get("width", "0"))) for rect in rects]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("figures", [TREE, FLOW, YEARS, USAGE])
def test_the_description_says_all_that_the_picture_shows(figures: Figures, language: Language) -> None:
    root = parsed(draw_chart(figures, language))
    said = root.findtext(f"{SVG}desc") or ""
    lines = [element.text or "" for element in root.iter(f"{SVG}text") if element.get("class") == "end faint"]
    assert len(lines) > 1
    for line in lines:
        assert f" – {line}." in said
    assert root.get("role") == "img"
    assert "Marttaliitto" in (root.findtext(f"{SVG}title") or "")


def test_the_parts_of_a_bar_stand_beside_each_other_in_one_scale() -> None:
    assert bars(draw_chart(YEARS, "fi")) == [
        ("s1 full", 20, 180),
        ("s6 full", 200, 36),
        ("free dashed", 236, 144),
        ("s1 full", 20, 180),
        ("free", 200, 540),
    ]
    assert [width for _, _, width in bars(draw_chart(USAGE, "fi"))] == [720, 240, 480]


def test_a_step_begins_where_the_one_before_has_ended() -> None:
    """From -100 to 300 are 720 pixels, so 0 is at 20 + 180."""
    assert bars(draw_chart(FLOW, "fi")) == [
        ("s1 full", 200, 540),
        ("s2 full", 20, 720),
        ("s1 full", 20, 396),
        ("free", 200, 216),
    ]


def test_a_unit_stands_further_in_than_its_parent() -> None:
    names = [text for text in parsed(draw_chart(TREE, "fi")).iter(f"{SVG}text") if text.text == "Lahden Martat"]
    assert [name.get("x") for name in names] == ["38", "56"]


@pytest.mark.parametrize(
    ("account", "language", "said"),
    [
        ("common", "fi", "jakamatta 30 (käytetty 10, varattu 5, vapaana 15)"),
        ("common", "sv", "inte fördelade 30 (använda 10, reserverade 5, lediga 15)"),
        ("common", "en", "not distributed 30 (used 10, reserved 5, free 15)"),
        ("allotment", "fi", "oma osuus 30 (käytetty 10, varattu 5, vapaana 15)"),
        ("allotment", "sv", "egen andel 30 (använda 10, reserverade 5, lediga 15)"),
        ("allotment", "en", "own allotment 30 (used 10, reserved 5, free 15)"),
        ("pool", "fi", "varannossa vapaana 15"),
        ("pool", "sv", "lediga i timpotten 15"),
        ("pool", "en", "free in the pool 15"),
    ],
)
def test_the_first_row_says_whose_hours_it_has(account: FirstAccount, language: Language, said: str) -> None:
    first = pool_node_of("Marttaliitto", 15) if account == "pool" else FIRST
    root = parsed(draw_chart(replace(TREE, first_account=account, nodes=[first, *TREE.nodes[1:]]), language))
    rows = [element.text for element in root.iter(f"{SVG}text") if element.get("class") == "end faint"]
    assert rows[0] == said
    assert (root.findtext(f"{SVG}desc") or "").startswith(f"Marttaliitto – {said}. Lahden Martat – ")


def test_the_others_are_words_alone() -> None:
    svg = draw_chart(TREE, "fi")
    assert "Muut järjestöt (9\N{NO-BREAK SPACE}950)" in texts_of(svg)
    assert sum(style == "s1 full" for style, _, _ in bars(svg)) == len(TREE.nodes)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("figures", [TREE, FLOW, YEARS, USAGE])
def test_what_a_chart_shows_is_said_below_its_heading_in_full(figures: Figures, language: Language) -> None:
    root = parsed(draw_chart(replace(figures, at=NOW), language))
    below = [element.text or "" for element in root.iter(f"{SVG}text") if element.get("class") == "faint"]
    assert root.findtext(f"{SVG}title") == f"Marttaliitto: {' '.join(below)}"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fi", "Varatut ja käytetyt opetustunnit kunkin kuukauden loppuun mennessä"),
        ("sv", "Reserverade och använda undervisningstimmar till utgången av varje månad"),
        ("en", "Teaching hours reserved and used by the end of each month"),
    ],
)
def test_the_use_by_months_is_said_to_add_up(language: Language, said: str) -> None:
    assert f"Marttaliitto: {said}" in (parsed(draw_chart(USAGE, language)).findtext(f"{SVG}title") or "")


def test_a_chart_without_months_says_so() -> None:
    svg = draw_chart(HoursUsage("Marttaliitto", 2023, None, []), "fi")
    assert "Vuoden tunneista ei ole vielä kirjauksia." in texts_of(svg)
    assert bars(svg) == []


def test_a_chart_of_long_names_stays_small() -> None:
    units = [node(number, f"{number} {LONG}") for number in range(2, 52)]
    svg = draw_chart(HoursTree(LONG, 2023, None, "common", [FIRST, *units], OTHERS), "fi")
    assert len(svg) < 200_000
    months = [MonthOfHours(f"{2023 + number // 12}-{number % 12 + 1:02}", 1, number) for number in range(900)]
    usage = draw_chart(HoursUsage("Marttaliitto", 2023, None, months), "fi")
    assert len(usage) < 200_000
    assert len(bars(usage)) == 2 * 36


@pytest.mark.parametrize(("language", "name"), [("en", "hours-flow.svg"), ("fi", "hours-flow.fi.svg")])
def test_the_chart_in_readme_is_the_one_drawn(language: Language, name: str) -> None:
    steps = [
        step("grant", 2_400, 2_400),
        step("supplementary_grant", 300, 2_700),
        step("distribution", -1_500, 1_200),
        step("recall", 100, 1_300),
        step("return", -250, 1_050),
        step("reservation", -700, 350),
        step("release", 40, 390),
    ]
    drawn = draw_chart(HoursFlow("Villasukkaväen Keskusliitto ry", 2023, None, steps), language)
    assert in_docs(name, drawn) == drawn


def test_all_colours_differ_enough_from_the_paper() -> None:
    """4.5 : 1 (WCAG 2.2, 1.4.3), of texts and of what bars and arcs are filled with."""
    palettes = STYLE.split(".picture .paper{fill:")[1:]
    assert len(palettes) == 3
    for palette in palettes:
        paper, *others = re.findall(r"#[0-9a-f]{6}", palette)
        assert len(set(others)) > 8
        assert all(contrast(paper, other) >= 4.5 for other in others if other != paper)


def contrast(one: str, other: str) -> float:
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
