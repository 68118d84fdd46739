"""`/v1/rounds` and `/v1/organisations/{id}/unit-round`."""

from collections import Counter
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import pytest

from app.domain.hours.ledger import pool_change
from tests.builders import Centre, Person, refusal

PROPOSALS = "/v1/hour-proposals"
YEAR = 2024


def draft(person: Person, organisation_id: UUID, hours: int) -> str:
    lines = [{"unit_id": str(organisation_id), "hours": hours}]
    body = {"organisation_id": str(organisation_id), "year": YEAR, "lines": lines}
    made = person.post(PROPOSALS, body)
    assert made.status_code == 201, made.text
    proposal_id: str = made.json()["id"]
    return proposal_id


def did(person: Person, proposal_id: str, action: str, body: Any = None) -> None:
    answer = person.post(f"{PROPOSALS}/{proposal_id}/{action}", body)
    assert answer.status_code == 200, answer.text


def decided(centre: Centre, *items: tuple[UUID, int]) -> str:
    body = {"year": YEAR, "items": [{"organisation_id": str(each), "hours": hours} for each, hours in items]}
    answer = centre.staff().post("/v1/hour-decisions", body)
    assert answer.status_code == 201, answer.text
    decision_id: str = answer.json()["items"][0]["id"]
    return decision_id


@pytest.fixture
def autumn(centre: Centre) -> Centre:
    centre.clock(2023, 10, 16, 12)
    centre.deadline("proposal_round", date(2023, 10, 1), date(2023, 11, 30))
    centre.post(YEAR, pool_change(10_000))
    return centre


def test_a_round_counts_every_member_once(autumn: Centre, staff: Person) -> None:
    names = ("Ei alkanut", "Luonnos", "Lähetetty", "Palautettu", "Päätetty", "Ilman ehdotusta", "Peruttu", "Rauennut")
    ids = {name: autumn.organisation(name=name) for name in names}
    autumn.organisation(name="Eronnut", active_from="2000-01-01", active_until="2023-12-31")
    users = {name: autumn.main_user(ids[name]) for name in names}
    made = {}
    for hours, name in enumerate(("Luonnos", "Lähetetty", "Palautettu", "Päätetty", "Peruttu", "Rauennut"), 1):
        made[name] = draft(users[name], ids[name], 10**hours)
    for name in ("Lähetetty", "Palautettu", "Päätetty"):
        did(users[name], made[name], "submission")
    did(staff, made["Palautettu"], "return", {"reason": "Täydennä"})
    did(users["Peruttu"], made["Peruttu"], "withdrawal")
    decision_id = decided(autumn, (ids["Päätetty"], 900), (ids["Ilman ehdotusta"], 50))
    autumn.owner.execute(
        "UPDATE hour_proposals SET state = 'expired', expired_at = now(), expired_because = 'decided' WHERE id = %s",
        [made["Rauennut"]],
    )
    answer = staff.get(f"/v1/rounds/{YEAR}")
    assert answer.json() == {
        "year": YEAR,
        "window": {"opens_on": "2023-10-01", "closes_on": "2023-11-30", "state": "open", "days_left": 46},
        "organisations": 8,
        "asked": 100 + 10_000,
        "decided_hours": 950,
        "pool": {"hours": 10_000, "granted": 950, "returned": 0, "available": 9_050},
        "states": {
            "not_begun": {"organisations": 2, "hours": 0},
            "draft": {"organisations": 1, "hours": 10},
            "submitted": {"organisations": 1, "hours": 100},
            "sent_back": {"organisations": 1, "hours": 1_000},
            "decided": {"organisations": 2, "hours": 10_000},
            "expired": {"organisations": 1, "hours": 1_000_000},
        },
    }
    listed = staff.get(f"/v1/rounds/{YEAR}/organisations").json()["items"]
    by_name = {item["organisation_name"]: item for item in listed}
    assert [item["organisation_name"] for item in listed] == sorted(names, key=str.lower)
    assert by_name["Päätetty"] | {"submitted_at": None} == {
        "organisation_id": str(ids["Päätetty"]),
        "organisation_name": "Päätetty",
        "state": "decided",
        "hours": 10_000,
        "proposal_id": made["Päätetty"],
        "reference": staff.get(f"{PROPOSALS}/{made['Päätetty']}").json()["reference"],
        "submitted_at": None,
        "decision_id": decision_id,
        "granted": 900,
    }
    without = by_name["Ilman ehdotusta"]
    assert (without["state"], without["hours"], without["proposal_id"], without["granted"]) == (
        "decided",
        None,
        None,
        50,
    )
    assert by_name["Peruttu"]["state"] == "not_begun"
    # The counts are those of the list.
    for state, count in answer.json()["states"].items():
        items = staff.get(f"/v1/rounds/{YEAR}/organisations", params={"state": state}).json()["items"]
        assert (len(items), sum(item["hours"] or 0 for item in items)) == (count["organisations"], count["hours"])


def test_what_expired_by_a_decision_does_not_stand_beside_it(autumn: Centre, staff: Person) -> None:
    central = autumn.organisation()
    draft(autumn.main_user(central), central, 70)
    decided(autumn, (central, 0))
    [item] = staff.get(f"/v1/rounds/{YEAR}/organisations").json()["items"]
    assert (item["state"], item["hours"], item["proposal_id"], item["granted"]) == ("decided", None, None, 0)


def test_the_organisations_are_paged_by_name(autumn: Centre, staff: Person) -> None:
    for name in ("Örö", "Aalto", "Äimä", "Zeta"):
        autumn.organisation(name=name)
    path, names = f"/v1/rounds/{YEAR}/organisations?limit=1&include=total", []
    while path:
        page = staff.get(path)
        names += [item["organisation_name"] for item in page.json()["items"]]
        assert page.json()["total"] == 4
        path = page.links["next"]["url"] if "next" in page.links else ""
    assert names == ["Aalto", "Zeta", "Äimä", "Örö"]


def test_the_window_is_the_open_one_else_the_next_else_the_last(centre: Centre, staff: Person) -> None:
    def window() -> Any:
        return staff.get(f"/v1/rounds/{YEAR}").json()["window"]

    assert window() is None
    centre.deadline("proposal_round", date(2023, 10, 1), date(2023, 10, 31))
    centre.deadline("proposal_round", date(2023, 12, 1), date(2023, 12, 10))
    for day, opens_on, state, days_left in (
        ((2023, 9, 30), "2023-10-01", "upcoming", None),
        ((2023, 10, 31), "2023-10-01", "open", 1),
        ((2023, 11, 1), "2023-12-01", "upcoming", None),
        ((2023, 12, 1), "2023-12-01", "open", 10),
        ((2023, 12, 11), "2023-12-01", "closed", None),
    ):
        centre.clock(*day, 12)
        shown = window()
        assert (shown["opens_on"], shown["state"], shown["days_left"]) == (opens_on, state, days_left)


def test_a_central_organisation_sees_the_round_of_its_units(autumn: Centre, staff: Person) -> None:
    central = autumn.organisation()
    main_user = autumn.main_user(central)
    units = [autumn.organisation(central, name=name) for name in ("Piiri A", "Piiri B", "Piiri C")]
    autumn.organisation(autumn.organisation(), name="Muun keskusjärjestön piiri")
    first, second, _ = units
    taken, sent = draft(main_user, first, 30), draft(main_user, second, 12)
    for proposal_id in (taken, sent):
        did(main_user, proposal_id, "submission")
    own = draft(main_user, central, 5)
    answer = main_user.post(f"{PROPOSALS}/{own}/inclusions", {"proposal_ids": [taken]})
    assert answer.status_code == 200, answer.text
    path = f"/v1/organisations/{central}/unit-round/{YEAR}"
    seen = main_user.get(path).json()
    assert (seen["organisations"], seen["asked"], seen["decided_hours"]) == (3, 42, 0)
    assert seen["window"]["closes_on"] == "2023-11-30"
    assert {name: count for name, count in seen["states"].items() if count["organisations"]} == {
        "not_begun": {"organisations": 1, "hours": 0},
        "submitted": {"organisations": 1, "hours": 12},
        "included": {"organisations": 1, "hours": 30},
    }
    did(main_user, own, "submission")
    decision_id = decided(autumn, (central, 25))
    distribution = {"units": [{"unit_id": str(first), "hours": 20}]}
    assert main_user.put(f"/v1/organisations/{central}/hour-distribution/{YEAR}", distribution).status_code == 200
    [item] = main_user.get(f"{path}/units", params={"state": "decided"}).json()["items"]
    assert (item["organisation_id"], item["decision_id"], item["granted"]) == (str(first), decision_id, 20)
    assert staff.get(path).json()["decided_hours"] == 20
    assert autumn.person("auditor").get(path).json() == main_user.get(path).json()
    autumn.deadline("unit_proposals", date(2023, 10, 1), date(2023, 10, 20), organisation_id=central)
    assert main_user.get(path).json()["window"]["days_left"] == 5


def test_a_summary_compares_what_was_asked_with_what_was_granted(autumn: Centre, staff: Person) -> None:
    def asking(hours: int) -> UUID:
        central = autumn.organisation()
        main_user = autumn.main_user(central)
        did(main_user, draft(main_user, central, hours), "submission")
        return central

    path = f"/v1/rounds/{YEAR}/summary"
    silent = autumn.organisation()
    before = staff.get(path).json()
    assert (before["asked"], before["granted"], before["met_per_mille"]) == (0, 0, None)
    assert before["days"] == {"median": None, "most": None}
    small, large = asking(99), asking(2_000)
    drafting = autumn.organisation()
    draft(autumn.main_user(drafting), drafting, 700)
    # Submitted on the evening of 16.10. and decided in the first hour of 19.10.: three days of the calendar.
    autumn.clock(2023, 10, 16, 23, 59)
    middle = asking(100)
    autumn.clock(2023, 10, 19)
    undecided = asking(400)
    decided(autumn, (small, 50), (middle, 100), (silent, 7), (drafting, 3))
    autumn.clock(2023, 10, 26, 12)
    decided(autumn, (large, 1_000))
    sizes = [(0, 99, 1, 99, 50, 505), (100, 499, 2, 500, 100, 200), (500, 1_999, 0, 0, 0, None)]
    names = ("from", "until", "organisations", "asked", "granted", "met_per_mille")
    assert staff.get(path).json() == {
        "asked": 2_599,
        "granted": 1_160,
        "met_per_mille": 446,
        "days": {"median": 3, "most": 10},
        "sizes": [dict(zip(names, size, strict=True)) for size in (*sizes, (2_000, None, 1, 2_000, 1_000, 500))],
    }
    # Days 3, 3, 9 and 10: the median is between 3 and 9.
    autumn.clock(2023, 10, 28)
    decided(autumn, (undecided, 401))
    assert staff.get(path).json()["days"] == {"median": 6, "most": 10}


def test_who_sees_a_round(centre: Centre, staff: Person) -> None:
    central = centre.organisation()
    unit = centre.organisation(central)
    main_user, manager = centre.main_user(central), centre.person("unit_manager", unit)
    other = centre.main_user(centre.organisation())
    for path in (f"/v1/rounds/{YEAR}", f"/v1/rounds/{YEAR}/organisations", f"/v1/rounds/{YEAR}/summary"):
        for person in (main_user, manager):
            assert refusal(person.get(path)) == (403, "forbidden")
        assert centre.person("auditor").get(path).status_code == 200
    for end in ("", "/units"):
        own = f"/v1/organisations/{central}/unit-round/{YEAR}{end}"
        of_unit = f"/v1/organisations/{unit}/unit-round/{YEAR}{end}"
        trained = centre.person("training_manager", central)
        assert refusal(other.get(own)) == refusal(manager.get(own)) == (404, "not-found")
        assert refusal(trained.get(own)) == refusal(manager.get(of_unit)) == (403, "forbidden")
        assert refusal(main_user.get(of_unit)) == refusal(staff.get(of_unit)) == (409, "not-central")


def test_the_counts_follow_from_the_proposals_and_the_decisions(autumn: Centre, staff: Person) -> None:
    """Computed again from the lists, for organisations that did this and that at random."""
    chance = Random(9)
    deciding = []
    for _ in range(20):
        central = autumn.organisation()
        main_user = autumn.main_user(central)
        for _ in range(chance.randint(0, 3)):
            proposal_id = draft(main_user, central, chance.randint(1, 400))
            for action, by, body in (
                ("submission", main_user, None),
                ("return", staff, {"reason": "Täydennä"}),
                ("withdrawal", main_user, None),
            ):
                if chance.random() < 0.7:
                    did(by, proposal_id, action, body)
                else:
                    break
            else:
                continue
            break
        if chance.random() < 0.3:
            deciding.append((central, chance.randint(0, 300)))
    decided(autumn, *deciding)
    proposals = staff.get(PROPOSALS, params={"year": YEAR, "limit": 200}).json()["items"]
    decisions = staff.get("/v1/hour-decisions", params={"year": YEAR, "limit": 200}).json()["items"]
    granted = {decision["organisation_id"]: decision["hours"] for decision in decisions}
    members = [each["id"] for each in staff.get("/v1/organisations", params={"limit": 200}).json()["items"]]
    organisations, hours = Counter[str](), Counter[str]()
    for member in members:
        theirs = {each["state"]: each["hours"] for each in proposals if each["organisation_id"] == member}
        counting = [state for state in ("decided", "draft", "submitted", "sent_back", "expired") if state in theirs]
        state = "decided" if member in granted else counting[0] if counting else "not_begun"
        organisations[state] += 1
        hours[state] += theirs.get(state, 0)
    found = staff.get(f"/v1/rounds/{YEAR}").json()
    states = {name: (each["organisations"], each["hours"]) for name, each in found["states"].items()}
    assert states == {name: (organisations[name], hours[name]) for name in states}
    assert len(organisations) == 5
    assert found["organisations"] == len(members) == 20
    assert found["asked"] == hours["submitted"] + hours["decided"]
    assert found["decided_hours"] == found["pool"]["granted"] == sum(granted.values())
