"""`GET /v1/organisations`: order, filters, pages and cost."""

from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from app.sandbox.main import create_app
from app.settings import Settings
from tests.api.organisations.test_organisations import PATH, unit
from tests.builders import Centre, Person
from tests.round_trips import CountedConnection
from tests.server import NO_TLS, serving


@pytest.fixture
def central(centre: Centre) -> UUID:
    return centre.organisation(name="Marttaliitto", sort_key="marttaliitto")


def names(person: Person, **filters: str) -> list[str]:
    answer = person.get(PATH, params=filters)
    assert answer.status_code == 200
    return [item["name"] for item in answer.json()["items"]]


def test_organisations_are_in_finnish_order_page_by_page(main_user: Person, central: UUID) -> None:
    in_order = ["4H", "Martat", "Waasa", "Åbo", "Äidit", "Äidit", "Öljy"]
    for name in reversed(in_order):
        main_user.post(PATH, unit(central, name))
    seen: list[str] = []
    following = f"{PATH}?limit=3&parent_id={central}"
    while following:
        answer = main_user.get(following)
        seen += [item["name"] for item in answer.json()["items"]]
        following = answer.headers.get("Link", "").split(";")[0].strip("<>")
    assert seen == in_order
    assert main_user.get(PATH, params={"limit": 1, "include": "total"}).json()["total"] == 8


def test_a_list_is_filtered(main_user: Person, central: UUID) -> None:
    district = main_user.post(PATH, unit(central, "Piiri") | {"kind": "district"}).json()["id"]
    main_user.post(PATH, unit(district, "Alayhdistys"))
    main_user.post(PATH, unit(central, "Yhdistys"))
    assert names(main_user) == ["Alayhdistys", "Marttaliitto", "Piiri", "Yhdistys"]
    assert names(main_user, kind="central") == ["Marttaliitto"]
    assert names(main_user, parent_id=str(central)) == ["Piiri", "Yhdistys"]
    assert names(main_user, under=district) == ["Alayhdistys", "Piiri"]
    assert names(main_user, under=district, kind="association", q="ala") == ["Alayhdistys"]


def test_a_search_finds_finnish_and_swedish_names_and_business_ids(main_user: Person, central: UUID) -> None:
    body = {"name_sv": "Södra Savolax Marthor", "business_id": "2077474-0"}
    made = main_user.post(PATH, unit(central, "Etelä-Savon Martat", **body)).json()["id"]
    for q in ("martat etela", "SÖDRA", "sodra marthor", "2077474-0", "20774740", "a"):
        assert "Etelä-Savon Martat" in names(main_user, q=q), q
    for q in ("%", "_", "\\", "martat pohjois"):
        assert names(main_user, q=q) == [], q
    main_user.patch(f"{PATH}/{made}", {"name": "Mikkelin Martat", "business_id": None})
    assert names(main_user, q="mikkeli") == ["Mikkelin Martat"]
    assert names(main_user, q="20774740") == names(main_user, q="etelä") == []


def test_a_list_has_what_is_within_reach(centre: Centre, main_user: Person, central: UUID) -> None:
    foreign = centre.organisation(name="Vieras")
    centre.organisation(foreign, name="Vieraan alla")
    district = centre.organisation(central, name="Piiri")
    centre.organisation(district, name="Yhdistys")
    assert sorted(names(main_user)) == ["Marttaliitto", "Piiri", "Yhdistys"]
    for out_of_reach in (foreign, new_id()):
        assert names(main_user, under=str(out_of_reach)) == []
        assert names(main_user, parent_id=str(out_of_reach)) == []
    assert sorted(names(centre.person("unit_manager", district))) == ["Piiri", "Yhdistys"]
    assert len(names(centre.person("auditor"))) == 5
    assert names(centre.person()) == []


@pytest.fixture
def counted(settings: Settings, main_user: Person) -> Iterator[httpx.Client]:
    """The main user's client of a service whose round trips to the database are counted."""
    with (
        serving(create_app(settings, CountedConnection)) as address,
        httpx.Client(base_url=address, headers=main_user.client.headers, verify=NO_TLS) as client,
    ):
        client.get(PATH)
        yield client


def test_round_trips_do_not_grow_with_the_tree(counted: httpx.Client, centre: Centre, central: UUID) -> None:
    def trips(method: str, path: str, json: object = None) -> int:
        headers = {"Content-Type": "application/merge-patch+json", "If-Match": "*"} if method == "PATCH" else {}
        before = CountedConnection.round_trips
        assert counted.request(method, path, json=json, headers=headers).status_code < 300
        return CountedConnection.round_trips - before

    deep = central
    for depth in (1, 2, 3):
        deep = centre.organisation(deep)
        path = f"{PATH}/{deep}"
        # The sandbox's clock, then the query; roles are remembered.
        assert trips("GET", path) == 2, depth
        assert trips("GET", f"{PATH}?under={central}&q=a&limit=1") == 2, depth
        # The beginning, trees, parent, row, ancestors, closing statement with the commit.
        assert trips("POST", PATH, unit(deep)) == 6, depth
        # The beginning, row, row, closing statement with the commit.
        assert trips("PATCH", path, {"name": f"Yhdistys {depth}"}) == 4, depth
        # The beginning, trees, row, parent, ancestors removed and added, row, closing statement with the commit.
        assert trips("PATCH", path, {"parent_id": str(centre.organisation(central))}) == 9, depth
