"""`/v1/calendars/{year}/wheel.svg`: the calendar as a picture, and the same as JSON."""

from datetime import date
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, Person, refusal
from tests.pictures import parsed, texts_of

WHEEL = "/v1/calendars/2023/wheel.svg"
JSON = {"Accept": "application/json"}


@pytest.fixture
def spring(centre: Centre) -> UUID:
    return centre.deadline("change_window", date(2023, 3, 13), date(2023, 3, 25))


def test_the_figures_have_a_ring_for_each_kind(centre: Centre, staff: Person, spring: UUID) -> None:
    autumn = centre.deadline("change_window", date(2023, 8, 14), date(2023, 8, 25))
    entry = centre.deadline("training_entry", date(2023, 12, 1), None)
    answer = staff.get(WHEEL, headers=JSON)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    wheel = answer.json()
    assert (wheel["year"], wheel["today"], wheel["organisation_name"]) == (2023, "2023-03-15", None)
    assert [(ring["kind"], [arc["deadline_id"] for arc in ring["arcs"]]) for ring in wheel["rings"]] == [
        ("training_entry", [str(entry)]),
        ("change_window", [str(spring), str(autumn)]),
    ]
    assert wheel["rings"][1]["arcs"][0] == {
        "deadline_id": str(spring),
        "hours_year": 2023,
        "opens_on": "2023-03-13",
        "closes_on": "2023-03-25",
        "extended_until": None,
        "state": "open",
        "confirmed": True,
    }


@pytest.mark.usefixtures("spring")
def test_an_extension_is_shown_to_its_organisation_alone(centre: Centre, main_user: Person, central: UUID) -> None:
    deadline_id = centre.deadline("unit_proposals", date(2023, 9, 1), date(2023, 9, 20), organisation_id=central)
    staff, other = centre.staff(), centre.organisation()
    extension = {"organisation_id": str(central), "closes_on": "2023-10-05", "reason": "Muutto"}
    assert staff.post(f"/v1/deadlines/{deadline_id}/extensions", extension).status_code == 201

    def arcs(caller: Person, **query: object) -> dict[str, str | None]:
        rings = caller.get(WHEEL, params=query, headers=JSON).json()["rings"]
        return {ring["kind"]: ring["arcs"][0]["extended_until"] for ring in rings}

    assert arcs(main_user, organisation_id=central) == {"change_window": None, "unit_proposals": "2023-10-05"}
    assert arcs(main_user) == {"change_window": None, "unit_proposals": None}
    assert arcs(centre.main_user(other)) == {"change_window": None}
    assert arcs(staff, organisation_id=other) == {"change_window": None}
    assert (
        staff.get(WHEEL, params={"organisation_id": central}, headers=JSON).json()["organisation_name"]
        == "Marttaliitto"
    )


def test_the_wheel_of_an_organisation_out_of_reach_is_not_found(centre: Centre, main_user: Person) -> None:
    for organisation_id in (centre.organisation(), new_id()):
        assert refusal(main_user.get(WHEEL, params={"organisation_id": organisation_id})) == (404, "not-found")


@pytest.mark.usefixtures("spring")
def test_the_picture_is_the_default_in_the_readers_language(staff: Person) -> None:
    finnish = staff.get(WHEEL, headers={"Accept-Language": "fi"})
    assert finnish.headers["Content-Type"] == "image/svg+xml"
    assert finnish.headers["Vary"].startswith("Accept, Accept-Language")
    assert finnish.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "Vuosikello 2023" in texts_of(finnish.content)
    swedish = staff.get(WHEEL, headers={"Accept-Language": "sv"})
    assert (swedish.headers["Content-Language"], "Årskalender 2023" in texts_of(swedish.content)) == ("sv", True)
    english = staff.get(WHEEL, params={"language": "en"}, headers={"Accept-Language": "sv"})
    assert "Yearly calendar 2023" in texts_of(english.content)
    assert len({answer.headers["ETag"] for answer in (finnish, swedish, english)}) == 3
    unchanged = staff.get(WHEEL, headers={"Accept-Language": "fi", "If-None-Match": finnish.headers["ETag"]})
    assert unchanged.status_code == 304
    assert staff.get(WHEEL, headers=JSON | {"If-None-Match": finnish.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "image/svg+xml"),
        ("text/html,application/xml;q=0.9,*/*;q=0.8", "image/svg+xml"),
        ("image/svg+xml, application/json", "image/svg+xml"),
        ("application/json, image/svg+xml;q=0.5", "application/json"),
        ("image/*;q=0.1, application/json;q=0", "image/svg+xml"),
        ("application/*", "application/json"),
        ("text/plain", "image/svg+xml"),
    ],
)
def test_accept_chooses_the_picture_or_its_figures(staff: Person, accept: str, media_type: str) -> None:
    assert staff.get(WHEEL, headers={"Accept": accept}).headers["Content-Type"] == media_type


def test_a_name_in_a_picture_is_nothing_but_text(centre: Centre) -> None:
    central = centre.organisation(name='<svg onload=alert(1)> & ]]> "Ystävät" ry')
    svg = centre.main_user(central).get(WHEEL, params={"organisation_id": central}).content
    assert {element.tag.partition("}")[2] for element in parsed(svg).iter()} <= {
        "svg",
        "title",
        "desc",
        "style",
        "rect",
        "line",
        "circle",
        "text",
    }
    assert '<svg onload=alert(1)> & ]]> "Ystävät" ry' in texts_of(svg)
