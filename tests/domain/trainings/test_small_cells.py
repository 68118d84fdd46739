"""Small counts are hidden so that no figures together give one back."""

from collections import Counter
from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from app.domain.trainings.small_cells import (
    FEWEST_SHOWN,
    GENDERS,
    MEASURES,
    Exchange,
    FigureRow,
    Measure,
    People,
    exchanges_of,
    hidden_in,
)

TREES: dict[str, dict[str, tuple[str, ...]]] = {
    "A": {"a": ("a",), "a1": ("a1", "a"), "a2": ("a2", "a"), "a3": ("a3", "a2", "a")},
    "B": {"b": ("b",), "b1": ("b1", "b")},
}
"""Organisations of two central ones, each with those above it."""
FILTERS = {"hour_type": "training", "supported": "yes", "model": ""}
"""By what figures are filtered, with the usual value."""
ALL = (None,) * len(FILTERS)
"""No filter."""
Cell = tuple[Any, ...]
"""A scope, a value or None for each filter, and a dimension with one of its values, or None."""
Figure = tuple[Cell, Measure]


def row(identifier: str, tree: str, organisation: str, people: People, **values: str) -> FigureRow[str]:
    above = frozenset(TREES[tree][organisation]) - {organisation}
    dimensions = {"month": "01", "topic": "music", "mode": "online"} | values
    filters = tuple(dimensions.pop(name, usual) for name, usual in FILTERS.items())
    return FigureRow(identifier, organisation, above, filters, dimensions, people)


def cells_of(one: FigureRow[str]) -> Iterator[Cell]:
    """All figures that count the row: of the organisation, of its tree and those above it, and of the study centre."""
    scopes = (("own", one.organisation), *(("under", each) for each in {one.organisation, *one.above}), ("all",))
    filters = product(*((None, each) for each in one.filters))
    return product(scopes, filters, (None, *one.values.items()))


def some_rows(seed: int) -> dict[str, list[FigureRow[str]]]:
    """Rows of both trees, from those with one person to those with many."""
    random = Random(seed)
    rows: dict[str, list[FigureRow[str]]] = {}
    for tree, organisations in TREES.items():
        rows[tree] = []
        for number in range(random.randint(1, 9)):
            most = random.choice([1, 3, 8, 40])
            counts = {gender: random.choice([0, 0, 1, random.randint(0, most)]) for gender in GENDERS}
            under_age = random.choice([0, 0, random.randint(0, sum(counts.values()))])
            values = {"month": random.choice("12"), "topic": random.choice("xyz"), "mode": random.choice("io")}
            if random.random() < 0.3:
                values["hour_type"] = "peer_group"
            elif random.random() < 0.5:
                values["model"] = random.choice("mn")
            people = People(**counts, under_age=under_age)
            rows[tree].append(row(f"{tree}{number}", tree, random.choice([*organisations]), people, **values))
    return rows


def figures_of(rows: list[FigureRow[str]]) -> tuple[dict[Figure, int], dict[Cell, list[FigureRow[str]]]]:
    counts: Counter[Figure] = Counter()
    counted: dict[Cell, list[FigureRow[str]]] = {}
    for one in rows:
        for cell in cells_of(one):
            counted.setdefault(cell, []).append(one)
            counts.update({(cell, measure): one.people.of(measure) for measure in MEASURES})
    return dict(counts), counted


def hidden_figures(rows: list[FigureRow[str]], exchanges: list[Exchange[str]]) -> set[Figure]:
    """Each figure as it is found hidden when it is shown, by itself."""
    _, counted = figures_of(rows)
    hidden = set()
    for cell, of_cell in counted.items():
        for measures in hidden_in(exchanges, {one.id: cell for one in of_cell}).values():
            hidden |= {(cell, measure) for measure in measures}
    return hidden


def equations(rows: list[FigureRow[str]], shown: set[Figure]) -> tuple[Any, Any]:
    """What everybody knows: the sums that are shown. The unknown are the genders and the minors of each row."""
    counts, counted = figures_of(rows)
    places = {one.id: index * 5 for index, one in enumerate(rows)}
    lines, sums = [], []
    for cell, measure in shown:
        line = np.zeros(len(rows) * 5)
        for one in counted[cell]:
            line[_unknowns(places[one.id], measure)] += 1
        lines.append(line)
        sums.append(counts[cell, measure])
    return csr_matrix(np.array(lines).reshape(-1, len(rows) * 5)), sums


def _unknowns(place: int, measure: Measure) -> list[int]:
    if measure == "participants":
        return [place + index for index in range(4)]
    return [place + [*GENDERS, "under_age"].index(measure)]


@pytest.mark.parametrize("seed", range(10))
def test_no_hidden_figure_follows_from_those_that_are_shown(seed: int) -> None:
    trees = some_rows(seed)
    rows = [one for of_tree in trees.values() for one in of_tree]
    exchanges = [exchange for of_tree in trees.values() for exchange in exchanges_of(of_tree)]
    counts, counted = figures_of(rows)
    hidden = hidden_figures(rows, exchanges)
    small = {figure for figure, count in counts.items() if 0 < count < FEWEST_SHOWN}
    assert small <= hidden
    assert not {figure for figure in hidden if counts[figure] == 0}
    matrix, sums = equations(rows, counts.keys() - hidden)
    # Minors are among the participants of their row.
    minors = csr_matrix(
        (np.tile([-1, -1, -1, -1, 1], len(rows)), (np.repeat(range(len(rows)), 5), range(len(rows) * 5)))
    )
    known = {figure: set(_line(rows, counted, figure)) for figure in hidden}
    for unknowns in {frozenset(line) for line in known.values()}:
        goal = np.zeros(len(rows) * 5)
        goal[list(unknowns)] = 1
        ends = [
            linprog(sign * goal, A_ub=minors, b_ub=np.zeros(len(rows)), A_eq=matrix, b_eq=sums, bounds=(0, None))
            for sign in (1, -1)
        ]
        lowest = ends[0].fun
        highest = -ends[1].fun if ends[1].status == 0 else float("inf")
        assert highest - lowest > 1 - 1e-6, unknowns


def _line(rows: list[FigureRow[str]], counted: dict[Cell, list[FigureRow[str]]], figure: Figure) -> list[int]:
    cell, measure = figure
    places = {one.id: index * 5 for index, one in enumerate(rows)}
    return [unknown for one in counted[cell] for unknown in _unknowns(places[one.id], measure)]


@pytest.mark.parametrize("seed", range(10))
def test_where_a_total_is_shown_two_parts_or_more_are_hidden_with_five_people(seed: int) -> None:
    trees = some_rows(seed)
    rows = [one for of_tree in trees.values() for one in of_tree]
    exchanges = [exchange for of_tree in trees.values() for exchange in exchanges_of(of_tree)]
    counts, counted = figures_of(rows)
    hidden = hidden_figures(rows, exchanges)
    for (scope, filters, group), measure in product(counted, MEASURES):
        if group is not None or ((scope, filters, None), measure) in hidden:
            continue
        total: Cell = (scope, filters, None)
        for dimension in ("month", "topic", "mode"):
            parts = {cell for cell in counted if cell[:2] == total[:2] and cell[2] and cell[2][0] == dimension}
            gone = [counts[part, measure] for part in parts if (part, measure) in hidden]
            assert not gone or (len(gone) >= 2 and sum(gone) >= FEWEST_SHOWN)
    for cell in counted:
        if (cell, "participants") not in hidden:
            gone = [counts[cell, gender] for gender in GENDERS if (cell, gender) in hidden]
            assert not gone or (len(gone) >= 2 and sum(gone) >= FEWEST_SHOWN)


def test_without_a_small_count_nothing_is_hidden() -> None:
    rows = [row(f"A{n}", "A", "a1", People(female=10, male=12), topic=topic) for n, topic in enumerate("xy")]
    assert exchanges_of(rows) == []


def test_a_small_gender_hides_another_and_no_total() -> None:
    rows = [
        row("A0", "A", "a1", People(female=10, male=12, other=1), topic="x"),
        row("A1", "A", "a1", People(female=10, male=12), topic="y"),
    ]
    hidden = hidden_figures(rows, exchanges_of(rows))
    assert {measure for _, measure in hidden} == {"female", "other"}
    assert ((("own", "a1"), ALL, ("topic", "y")), "female") not in hidden


def test_an_exchange_stays_within_the_organisation_if_it_can() -> None:
    rows = [
        row("A0", "A", "a1", People(female=3), topic="x"),
        row("A1", "A", "a1", People(female=20), topic="y"),
        row("A2", "A", "a2", People(female=30), topic="x"),
    ]
    hidden = hidden_figures(rows, exchanges_of(rows))
    assert ((("under", "a"), ALL, None), "participants") not in hidden
    assert ((("own", "a1"), ALL, None), "participants") not in hidden
    assert ((("own", "a1"), ALL, ("topic", "x")), "participants") in hidden
    assert ((("own", "a1"), ALL, ("topic", "y")), "participants") in hidden
    assert ((("own", "a2"), ALL, ("topic", "x")), "participants") not in hidden


def test_the_people_of_a_model_do_not_follow_from_the_figures_of_all() -> None:
    rows = [
        row("A0", "A", "a1", People(female=3), model="m"),
        row("A1", "A", "a1", People(female=20), model="n"),
        row("A2", "A", "a1", People(female=30)),
    ]
    hidden = hidden_figures(rows, exchanges_of(rows))
    own = ("own", "a1")
    models = {model for model in ("m", "n", "") if ((own, (None, None, model), None), "participants") in hidden}
    # The total is shown: so two models are hidden, with five people or more.
    assert ((own, ALL, None), "participants") not in hidden
    assert "m" in models
    assert len(models) == 2


def test_a_small_central_organisation_takes_the_totals_of_the_study_centre_with_it() -> None:
    small = [row("B0", "B", "b", People(female=3))]
    others = [row("A0", "A", "a", People(female=30, male=30))]
    hidden = hidden_figures([*small, *others], [*exchanges_of(small), *exchanges_of(others)])
    assert ((("all",), ALL, None), "participants") in hidden
    assert not {cell for cell, _ in hidden if cell[0] in {("own", "a"), ("under", "a")}}
