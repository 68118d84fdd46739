"""Explanations: the steps of an account in the ledger's order, with their running sum (rulebook §3.12)."""

from typing import Any, cast, get_args
from uuid import UUID

from app.domain.hours.explanations import CausePage, Moved, available_of, steps_of
from app.domain.hours.ledger import TransferKind
from app.domain.values import Localised
from app.texts.explanations import step_text

FIRST, SECOND = UUID(int=1), UUID(int=2)


def moved(
    kind: str,
    hours: int,
    *,
    cause_type: str = "hour_return",
    cause_id: UUID = FIRST,
    sums: tuple[int, int] | None = None,
) -> Moved:
    return Moved(cast(Any, kind), cause_type, cause_id, hours, *(sums or (hours, 1)))


def explained(*rows: Moved, pages: list[CausePage] | None = None) -> Any:
    return steps_of(rows, pages or [], 2024, lambda kind, hours: Localised(kind, kind, str(hours)))


def test_the_steps_have_the_order_of_the_ledgers_kinds_and_an_unknown_kind_comes_last() -> None:
    kinds = [*get_args(TransferKind), "hour_type_change"]
    steps = explained(*(moved(kind, 1) for kind in sorted(kinds)))
    assert [step.kind for step in steps] == kinds
    assert [step.after for step in steps] == list(range(1, len(kinds) + 1))
    assert available_of(steps) == len(kinds)


def test_the_causes_of_a_kind_keep_their_order_and_the_step_has_the_hours_of_all() -> None:
    rows = [moved("return", -20, cause_id=SECOND, sums=(-70, 300)), moved("return", -1, sums=(-70, 300))]
    granted, returned = explained(*rows, moved("grant", 100, cause_type="hour_decision"))
    assert (granted.after, returned.hours, returned.after, returned.causes_total) == (100, -70, 30, 300)
    assert [(cause.id, cause.hours) for cause in returned.causes] == [(SECOND, -20), (FIRST, -1)]


def test_a_cause_has_a_path_where_it_has_a_page_and_is_seen() -> None:
    pages = [
        CausePage("hour_return", FIRST, "2024-0001", is_seen=True),
        CausePage("hour_return", SECOND, "2024-0002", is_seen=False),
        CausePage("hour_distribution", SECOND, None, is_seen=True),
    ]
    rows = [
        moved("return", -1),
        moved("return", -1, cause_id=SECOND),
        moved("distribution", -1, cause_type="hour_distribution", cause_id=SECOND),
        moved("reservation", -1, cause_type="training"),
    ]
    causes = [(each.reference, each.path) for step in explained(*rows, pages=pages) for each in step.causes]
    assert causes == [
        (None, f"/v1/organisations/{SECOND}/hour-distribution/2024"),
        ("2024-0001", f"/v1/hour-returns/{FIRST}"),
        ("2024-0002", None),
        (None, None),
    ]


def test_nothing_has_no_steps() -> None:
    assert (explained(), available_of([])) == ([], 0)


def test_a_kind_says_what_happened_in_three_languages() -> None:
    assert step_text("common", "return", -1) == Localised(
        "Palautettu opintokeskukselle: 1 opetustunti.",
        "Återlämnat till studiecentralen: 1 undervisningstimme.",
        "Returned to the study centre: 1 teaching hour.",
    )
    assert step_text("pool", "return", 1200).fi == "Järjestöiltä palautunut: 1\u00a0200 opetustuntia."
    assert step_text("allotment", "correction", -5).en == "Corrections in total: −5 teaching hours."


def test_a_kind_without_words_of_its_own_is_another_change() -> None:
    unknown = cast(TransferKind, "hour_type_change")
    assert step_text("allotment", unknown, 7) == Localised(
        "Muut muutokset yhteensä: 7 opetustuntia.",
        "Övriga ändringar sammanlagt: 7 undervisningstimmar.",
        "Other changes in total: 7 teaching hours.",
    )


def test_each_kind_that_touches_a_free_account_has_words_of_its_own() -> None:
    common = set(get_args(TransferKind)) - {"pool", "use"}
    allotment = {"distribution", "recall", "reservation", "release", "lapse"}
    pool = {"pool", "grant", "supplementary_grant", "return", "return_cancellation", "correction"}
    for account, kinds in (("common", common), ("allotment", allotment), ("pool", pool)):
        for kind in kinds:
            assert "Other changes" not in step_text(cast(Any, account), cast(TransferKind, kind), 1).en
