"""`/v1/organisations/{id}/hour-charts/{chart}.svg` and `/v1/hour-charts/{chart}.svg`: pictures, and their figures."""

from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import (
    correction,
    distribution,
    grant,
    hour_return,
    lapse,
    pool_change,
    release,
    reservation,
    use,
)
from tests.builders import Centre, Person, refusal
from tests.pictures import parsed, texts_of

JSON = {"Accept": "application/json"}
PARTS = ("allotted", "reserved", "used", "lapsed", "available")
OF_CENTRE = "/v1/hour-charts"
WORDS = {
    (chart, language): word
    for chart, words in {
        "tree": ("käytetty", "använda", "used"),
        "flow": ("vähennetty", "avdragna", "taken"),
        "years": ("jäljellä", "kvar", "left"),
        "usage": ("varattu", "reserverade", "reserved"),
    }.items()
    for language, word in zip(("fi", "sv", "en"), words, strict=True)
}


def of(organisation_id: UUID) -> str:
    return f"/v1/organisations/{organisation_id}/hour-charts"


def figures(reader: Person, charts: str, chart: str, year: int = 2023, **params: Any) -> dict[str, Any]:
    answer = reader.get(f"{charts}/{chart}.svg", params={"year": year} | params, headers=JSON)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def nodes(tree: dict[str, Any]) -> list[tuple[str | None, str | None, tuple[int, ...]]]:
    return [(node["organisation_id"], node["parent_id"], tuple(node[part] for part in PARTS)) for node in tree["nodes"]]


@pytest.fixture
def central(centre: Centre) -> UUID:
    centre.post(2023, pool_change(1000))
    return centre.organisation(name="Marttaliitto")


@pytest.fixture
def district(centre: Centre, central: UUID) -> UUID:
    return centre.organisation(central, name="Hämeen piiri", kind="district")


@pytest.fixture
def association(centre: Centre, district: UUID) -> UUID:
    return centre.organisation(district, name="Lahden Martat")


def test_a_tree_has_the_own_hours_of_each_organisation_below_its_parent(
    centre: Centre, main_user: Person, central: UUID, district: UUID, association: UUID
) -> None:
    small, _ = centre.organisation(central, name="Porin Martat"), centre.organisation(central, name="Ilman tunteja")
    centre.post(2023, grant(central, 500), distribution(central, small, 10), distribution(central, association, 60))
    centre.post(2023, distribution(central, district, 90), reservation(central, central, 40), use(central, central, 25))
    centre.post(2023, reservation(central, association, 20), use(central, association, 5))
    tree = figures(main_user, of(central), "tree")
    assert (tree["organisation_name"], tree["year"], tree["at"]) == ("Marttaliitto", 2023, None)
    assert nodes(tree) == [
        (str(central), None, (340, 15, 25, 0, 300)),
        (str(district), str(central), (90, 0, 0, 0, 90)),
        (str(association), str(district), (60, 15, 5, 0, 40)),
        (str(small), str(central), (10, 0, 0, 0, 10)),
    ]
    assert [node["name"] for node in tree["nodes"][1:3]] == ["Hämeen piiri", "Lahden Martat"]
    assert (tree["first_account"], tree["others"]) == ("common", None)
    manager = centre.person("unit_manager", district)
    below = figures(manager, of(district), "tree")
    assert below["first_account"] == "allotment"
    assert nodes(below) == [
        (str(district), None, (90, 0, 0, 0, 90)),
        (str(association), str(district), (60, 15, 5, 0, 40)),
    ]


def test_what_lapsed_of_an_allotment_is_shown_with_its_unit(
    centre: Centre, main_user: Person, central: UUID, district: UUID
) -> None:
    centre.post(2023, grant(central, 500), distribution(central, district, 90))
    centre.post(2023, reservation(central, district, 30), use(central, district, 30))
    centre.post(2023, lapse(central, district, 60), lapse(central, central, 410))
    assert nodes(figures(main_user, of(central), "tree")) == [
        (str(central), None, (410, 0, 0, 410, 0)),
        (str(district), str(central), (90, 0, 30, 60, 0)),
    ]


def test_a_tree_without_hours_has_its_organisation_alone(main_user: Person, central: UUID) -> None:
    tree = figures(main_user, of(central), "tree")
    assert nodes(tree) == [(str(central), None, (0, 0, 0, 0, 0))]
    assert tree["nodes"][0]["name"] == "Marttaliitto"


def test_fifty_units_with_most_hours_are_shown_and_the_rest_together(
    centre: Centre, main_user: Person, central: UUID
) -> None:
    units = [centre.organisation(central) for _ in range(53)]
    centre.post(2023, grant(central, 1000), *(distribution(central, unit, 2) for unit in units[3:]))
    centre.post(2023, *(distribution(central, unit, 1) for unit in units[:3]), reservation(central, units[0], 1))
    tree = figures(main_user, of(central), "tree")
    assert [node["organisation_id"] for node in tree["nodes"]] == [str(central), *map(str, units[3:])]
    assert tree["others"] == {
        "organisations": 3,
        "allotted": 3,
        "reserved": 1,
        "used": 0,
        "lapsed": 0,
        "available": 2,
    }


def test_a_unit_that_has_moved_away_stays_in_the_tree_that_it_drew_on(
    centre: Centre, main_user: Person, central: UUID, district: UUID, association: UUID
) -> None:
    other = centre.organisation(name="Toinen liitto")
    centre.post(2021, pool_change(100), grant(central, 100), distribution(central, association, 60))
    centre.post(2021, reservation(central, association, 50), use(central, association, 50))
    centre.close(2021)
    moved = centre.staff().patch(f"/v1/organisations/{association}", {"parent_id": str(other)})
    assert moved.status_code == 200, moved.text
    assert nodes(figures(main_user, of(central), "tree", 2021)) == [
        (str(central), None, (40, 0, 0, 40, 0)),
        (str(association), str(central), (60, 0, 50, 10, 0)),
    ]
    assert len(nodes(figures(main_user, of(district), "tree", 2021))) == 1


def test_the_study_centres_tree_has_the_pool_and_the_central_organisations(
    centre: Centre, staff: Person, central: UUID, district: UUID
) -> None:
    other = centre.organisation(name="Toinen liitto")
    centre.post(2023, grant(central, 500), distribution(central, district, 90), grant(other, 200))
    centre.post(2023, reservation(central, district, 30), use(central, district, 10), hour_return(other, 50))
    tree = figures(staff, OF_CENTRE, "tree")
    assert nodes(tree) == [
        (None, None, (350, 0, 0, 0, 350)),
        (str(central), None, (500, 20, 10, 0, 470)),
        (str(other), None, (150, 0, 0, 0, 150)),
    ]
    assert tree["nodes"][0]["name"] == tree["organisation_name"]
    assert tree["first_account"] == "pool"


def test_the_flow_is_that_of_the_explanation(
    centre: Centre, main_user: Person, staff: Person, central: UUID, district: UUID
) -> None:
    then = centre.clock(2023, 4, 1)
    centre.post(2023, grant(central, 400), distribution(central, district, 50))
    centre.clock(2023, 5, 1)
    centre.post(2023, hour_return(central, 100))

    def steps(reader: Person, charts: str, **params: Any) -> list[tuple[str, int, int]]:
        found = figures(reader, charts, "flow", **params)["steps"]
        return [(step["kind"], step["hours"], step["after"]) for step in found]

    for organisation_id in (central, district):
        explained = main_user.get(f"/v1/organisations/{organisation_id}/hour-accounts/2023/explanation").json()
        assert figures(main_user, of(organisation_id), "flow")["steps"] == explained["steps"]
    own = [("grant", 400, 400), ("distribution", -50, 350)]
    assert steps(main_user, of(central)) == [*own, ("return", -100, 250)]
    assert steps(main_user, of(central), at=then.isoformat()) == own
    assert steps(main_user, of(district)) == [("distribution", 50, 50)]
    assert steps(staff, OF_CENTRE) == [("pool", 1000, 1000), ("grant", -400, 600), ("return", 100, 700)]


def test_the_years_are_those_of_the_tree_a_unit_or_all(
    centre: Centre, main_user: Person, staff: Person, central: UUID, district: UUID
) -> None:
    other = centre.organisation(name="Toinen liitto")
    centre.post(2021, pool_change(1000), grant(central, 300), grant(other, 100), distribution(central, district, 50))
    centre.post(2021, reservation(central, district, 20), use(central, district, 15), release(central, district, 5))
    centre.post(2021, lapse(central, district, 35), lapse(central, central, 250))
    centre.post(2023, grant(central, 400), correction(central, -10, year_is_closed=False), hour_return(central, 40))

    def rows(reader: Person, charts: str) -> list[tuple[int, ...]]:
        years = figures(reader, charts, "years")["years"]
        assert [each["year"] for each in years] == [2019, 2020, 2021, 2022, 2023]
        return [tuple(each[name] for name in ("granted", "used", "returned", "lapsed")) for each in years]

    nothing = (0, 0, 0, 0)
    assert rows(main_user, of(central)) == [nothing, nothing, (300, 15, 0, 285), nothing, (390, 0, 40, 0)]
    assert rows(main_user, of(district)) == [nothing, nothing, (50, 15, 0, 35), nothing, nothing]
    assert rows(staff, OF_CENTRE) == [nothing, nothing, (400, 15, 0, 285), nothing, (390, 0, 40, 0)]


def test_the_usage_has_sums_until_the_month_of_the_last_transfer(
    centre: Centre, main_user: Person, staff: Person, central: UUID, district: UUID
) -> None:
    centre.clock(2022, 12, 20)
    centre.post(2023, grant(central, 400), distribution(central, district, 50), reservation(central, central, 30))
    centre.clock(2023, 2, 1)
    centre.post(2023, use(central, central, 10), reservation(central, district, 5))
    centre.clock(2023, 3, 31, 23, 59)
    centre.post(2023, release(central, central, 20))
    centre.clock(2024, 1, 10)
    centre.post(2023, use(central, district, 5))

    def rows(reader: Person, charts: str, **params: Any) -> list[tuple[str, int, int]]:
        months = figures(reader, charts, "usage", **params)["months"]
        return [(each["month"], each["reserved"], each["used"]) for each in months]

    every = rows(main_user, of(central))
    assert every[:3] == [("2023-01", 30, 0), ("2023-02", 25, 10), ("2023-03", 5, 10)]
    assert every[11:] == [("2023-12", 5, 10), ("2024-01", 0, 15)]
    assert rows(main_user, of(district))[0] == ("2023-01", 0, 0)
    assert rows(main_user, of(district))[11:] == [("2023-12", 5, 0), ("2024-01", 0, 5)]
    assert rows(staff, OF_CENTRE) == every
    assert rows(main_user, of(central), at="2023-03-01T00:00:00+02:00") == every[:2]
    assert rows(main_user, of(central), at="2022-12-31T00:00:00+02:00") == []


def test_a_chart_can_be_of_an_earlier_time(
    centre: Centre, main_user: Person, staff: Person, central: UUID, district: UUID
) -> None:
    centre.post(2023, grant(central, 400))
    then = centre.clock(2023, 4, 1)
    centre.post(2023, distribution(central, district, 50))
    centre.clock(2023, 5, 1)
    centre.post(2023, distribution(central, district, 50), hour_return(central, 100), grant(central, 7))
    at: dict[str, Any] = {"at": then.isoformat()}
    tree = figures(main_user, of(central), "tree", **at)
    assert nodes(tree) == [
        (str(central), None, (350, 0, 0, 0, 350)),
        (str(district), str(central), (50, 0, 0, 0, 50)),
    ]
    assert tree["at"] == "2023-04-01T00:00:00+03:00"
    assert nodes(figures(staff, OF_CENTRE, "tree", **at)) == [
        (None, None, (600, 0, 0, 0, 600)),
        (str(central), None, (400, 0, 0, 0, 400)),
    ]
    for reader, charts in ((main_user, of(central)), (staff, OF_CENTRE)):
        assert figures(reader, charts, "years", **at)["years"][-1]["returned"] == 0
        assert figures(reader, charts, "years")["years"][-1]["returned"] == 100
    picture = main_user.get(f"{of(central)}/tree.svg", params={"year": 2023, "language": "fi"} | at).content
    assert "Opetustunnit järjestöittäin 2023, tilanne 1.4.2023 klo 0.00" in texts_of(picture)


@pytest.mark.parametrize("chart", ["tree", "flow", "years", "usage"])
def test_charts_are_for_those_within_reach_and_the_study_centres_own_for_staff_and_auditors(
    centre: Centre, main_user: Person, central: UUID, chart: str
) -> None:
    def ask(reader: Person, charts: str) -> Any:
        return reader.get(f"{charts}/{chart}.svg", params={"year": 2023})

    for organisation_id in (centre.organisation(), new_id()):
        assert refusal(ask(main_user, of(organisation_id))) == (404, "not-found")
    assert refusal(ask(main_user, OF_CENTRE)) == (403, "forbidden")
    auditor = centre.person("auditor")
    for charts in (of(central), OF_CENTRE):
        assert ask(auditor, charts).headers["Content-Type"] == "image/svg+xml"


@pytest.mark.parametrize("chart", ["tree", "flow", "years", "usage"])
def test_a_chart_is_a_picture_in_the_readers_language(
    centre: Centre, main_user: Person, central: UUID, chart: str
) -> None:
    centre.post(2023, grant(central, 400), reservation(central, central, 30), use(central, central, 10))
    answers = {}
    for language in ("fi", "sv", "en"):
        answer = main_user.get(
            f"{of(central)}/{chart}.svg", params={"year": 2023}, headers={"Accept-Language": language}
        )
        assert answer.headers["Content-Language"] == language
        assert answer.headers["Vary"].startswith("Accept, Accept-Language")
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert {"Marttaliitto", WORDS[chart, language]} <= texts_of(answer.content)
        answers[answer.headers["ETag"]] = answer
    assert len(answers) == 3
    again = main_user.get(
        f"{of(central)}/{chart}.svg", params={"year": 2023, "language": "en"}, headers={"If-None-Match": [*answers][-1]}
    )
    assert again.status_code == 304


def test_names_in_a_chart_are_nothing_but_text(centre: Centre) -> None:
    name = '<svg onload=alert(1)> & ]]> "Ystävät" ry'
    central = centre.organisation(name=name)
    unit = centre.organisation(central, name=f"{name} 2")
    centre.post(2023, pool_change(100), grant(central, 50), distribution(central, unit, 10))
    answer = centre.main_user(central).get(f"{of(central)}/tree.svg", params={"year": 2023})
    elements = {element.tag.partition("}")[2] for element in parsed(answer.content).iter()}
    assert elements <= {"svg", "title", "desc", "style", "rect", "text"}
    assert {name, f"{name} 2"} <= texts_of(answer.content)
