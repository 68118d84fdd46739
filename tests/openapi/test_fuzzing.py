"""Schemathesis over every operation: no 5xx, and no answer outside the document."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from app.domain.hours.ledger import distribution, grant, pool_change
from openapi.__main__ import COMMITTED
from tests.api.trainings import conftest as trainings
from tests.api.trainings import test_peer_groups as peer_groups
from tests.builders import Centre, Person
from tests.openapi.fuzzing import CONFIG, check_answers

IDS = Path(__file__).with_name("schemathesis-ids.toml")
SHORT = {
    "staff": "--max-examples=2",
    # Faults of shape are the same for everybody, so only what a main user may do is left.
    "main_user": "--max-examples=3 --phases=fuzzing,stateful",
}


@dataclass
class World:
    """A study centre with a little of everything, in a change window and a round."""

    people: dict[str, Person]
    ids: dict[str, list[str]]
    """Existing ids by kind: chance would never hit one."""


@pytest.fixture
def world(centre: Centre) -> World:
    central = centre.organisation(name="Keskusjärjestö")
    district = centre.organisation(central, name="Piiri", kind="district")
    association = centre.organisation(district, name="Yhdistys")
    other = centre.organisation(name="Toinen keskusjärjestö")
    organisations = [str(each) for each in (central, district, association, other)]
    centre.change_window()
    deadlines = [
        centre.deadline("proposal_round", date(2023, 1, 1), date(2023, 12, 31)),
        centre.deadline("unit_proposals", None, date(2023, 12, 30), organisation_id=central),
        centre.deadline("cost_statement", None, date(2023, 1, 18)),
        centre.deadline("training_entry", date(2022, 12, 1), None, year=2022, hours_year=2023),
    ]
    for year in (2022, 2023, 2024):
        centre.post(year, pool_change(1_000_000))
        centre.post(year, pool_change(1_000_000), hour_type="peer_group")
        centre.post(year, grant(central, 1000), grant(other, 1000))
        centre.post(year, distribution(central, association, 100))
    staff, main_user = centre.staff(), centre.main_user(central)
    centre.grant(main_user.id, "main_user", other)

    def made(person: Person, path: str, body: Mapping[str, object]) -> str:
        answer = person.post(f"/v1/{path}", body)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["Location"]).rpartition("/")[2]

    def asked(path: str, person: Person = main_user, **more: object) -> str:
        return made(person, path, {"organisation_id": organisations[0], "year": 2023, "hours": 10} | more)

    proposals = [
        made(
            main_user,
            "hour-proposals",
            {"organisation_id": each, "year": 2024, "lines": [{"unit_id": each, "hours": 10}]},
        )
        for each in organisations
    ]
    for proposal in proposals[1:]:
        assert main_user.post(f"/v1/hour-proposals/{proposal}/submission").status_code == 200
    centre.post(2023, grant(central, 500), hour_type="peer_group")
    plans = courses_and_groups(main_user, staff, central)
    extension = {"organisation_id": organisations[1], "closes_on": "2024-01-31", "reason": "Kokeeksi"}
    items = [{"organisation_id": organisations[3], "hours": 500}]
    decided = staff.post("/v1/hour-decisions", {"year": 2022, "items": items}).json()["items"]
    granted = staff.post("/v1/peer-group-quotas", {"year": 2022, "items": items}).json()["items"]
    ids = {
        "organisation": organisations,
        "proposal": proposals,
        "deadline": [str(each) for each in deadlines],
        "extension": [made(staff, f"deadlines/{deadlines[0]}/extensions", extension)],
        "request": [asked("supplementary-hour-requests", grounds="Kokeeksi") for _ in range(3)],
        "decision": [decision["id"] for decision in decided],
        "quota": [quota["id"] for quota in granted],
        "return": [asked("hour-returns")],
        "correction": [asked("hour-corrections", staff, reason="Kokeeksi")],
        **plans,
    }
    return World({"staff": staff, "main_user": main_user}, ids)


def courses_and_groups(main_user: Person, staff: Person, central: UUID) -> dict[str, list[str]]:
    """A draft, a submitted and an approved plan of each kind, with a change, a participant and statements."""
    ids: dict[str, list[str]] = {"change": [], "participant": [], "statement": []}
    for kind, path, body in (
        ("training", trainings.PATH, trainings.plan(central)),
        ("peer_group", peer_groups.PATH, peer_groups.plan(central)),
    ):
        made = [main_user.post(path, body).headers["Location"] for _ in range(4)]
        ids[kind] = [each.rpartition("/")[2] for each in made]
        for plan in made[1:]:
            assert main_user.post(f"{plan}/submission").status_code == 200
        for plan in made[2:]:
            assert staff.post(f"{plan}/decision", {"outcome": "approved"}).status_code == 200
            parts = {
                "change": main_user.post(f"{plan}/changes", {"platform_hours": 3}),
                "participant": main_user.post(f"{plan}/participants", {"name": "Aino Aho"}),
                "statement": main_user.post("/v1/cost-statements", {f"{kind}_id": plan.rpartition("/")[2]}),
            }
            for name, answer in parts.items():
                assert answer.status_code == 201, answer.text
                ids[name].append(answer.json()["id"])
    return ids


def configured(world: World, directory: Path) -> Path:
    dictionaries = (f"[dictionaries.{kind}]\nvalues = {json.dumps(ids)}\n" for kind, ids in world.ids.items())
    parts = [CONFIG.read_text(encoding="utf-8"), IDS.read_text(encoding="utf-8"), *dictionaries]
    config = directory / CONFIG.name
    config.write_text("\n".join(parts), encoding="utf-8")
    return config


@pytest.mark.parametrize("role", SHORT)
@pytest.mark.long
def test_no_answer_is_outside_the_document(service: str, world: World, tmp_path: Path, role: str) -> None:
    token = f"--header=Authorization: {world.people[role].client.headers['Authorization']}"
    check_answers(service, COMMITTED, configured(world, tmp_path), token, short=SHORT[role])
