"""`/v1/messages` to those who are in some states of a round, the study centre's or a central organisation's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, Person, refusal
from tests.delivery.conftest import make
from tests.delivery.events import Make

__all__ = ["make"]

MESSAGES, PROPOSALS = "/v1/messages", "/v1/hour-proposals"


@dataclass
class Round:
    """The round for the hours of 2024 is open: it is noon on 16 October 2023."""

    centre: Centre
    central: UUID
    unit: UUID
    main_user: Person
    manager: Person
    staff: Person

    def draft(self, person: Person, organisation_id: UUID) -> str:
        lines = [{"unit_id": str(organisation_id), "hours": 10}]
        body = {"organisation_id": str(organisation_id), "year": 2024, "lines": lines}
        answer = person.post(PROPOSALS, body)
        assert answer.status_code == 201, answer.text
        return f"{PROPOSALS}/{answer.json()['id']}"

    def submit(self, person: Person, organisation_id: UUID) -> None:
        assert person.post(f"{self.draft(person, organisation_id)}/submission").status_code == 200

    def write(self, person: Person, *states: str, **changes: Any) -> Any:
        audience = {"audience": "round"}
        if person is not self.staff:
            audience = {"audience": "unit_round", "organisation_id": str(self.central)}
        texts = {"fi": {"subject": "Tuntihaku", "body": "Järjestö {organisation} voi vielä ehdottaa."}}
        body = audience | {"texts": texts, "round_year": 2024, "round_states": states}
        return person.post(MESSAGES, body | changes)

    def send(self, person: Person, *states: str) -> str:
        path: str = self.write(person, *states).headers["Location"]
        assert person.post(f"{path}/sending").json()["state"] == "scheduled"
        return path

    def readers(self) -> dict[UUID, str]:
        return dict(self.centre.rows("SELECT person_id, text FROM mails WHERE event = 'message'"))


@pytest.fixture
def autumn(centre: Centre) -> Round:
    centre.clock(2023, 10, 16, 12)
    centre.deadline("proposal_round", date(2023, 10, 1), date(2023, 11, 30))
    central = centre.organisation(name="Marttaliitto", name_sv="Marthaförbundet")
    unit = centre.organisation(central, name="Hämeen piiri", kind="district")
    manager = centre.person("unit_manager", unit)
    return Round(centre, central, unit, centre.main_user(central), manager, centre.staff())


def faults(answer: Any) -> set[tuple[str, str]]:
    assert refusal(answer) == (422, "validation")
    return {(error["pointer"], error["code"]) for error in answer.json()["errors"]}


# -- The study centre's round --


def test_staff_write_to_the_main_users_of_organisations_in_some_states(autumn: Round, make: Make) -> None:
    drafting, submitted = autumn.centre.organisation(), autumn.centre.organisation()
    of_drafting, of_submitted = autumn.centre.main_user(drafting), autumn.centre.main_user(submitted)
    autumn.draft(of_drafting, drafting)
    autumn.submit(of_submitted, submitted)
    # Not a member in the year.
    autumn.centre.main_user(autumn.centre.organisation(active_until=date(2023, 12, 31)))
    written = autumn.write(autumn.staff, "not_begun", "draft")
    assert (written.status_code, written.json()["state"]) == (201, "draft")
    assert written.json() | {"audience": "round", "round_year": 2024, "organisation_id": None} == written.json()
    assert written.json()["round_states"] == ["not_begun", "draft"]
    path = written.headers["Location"]
    assert autumn.staff.get(f"{path}/preview").json()["recipients"] == 2
    autumn.staff.post(f"{path}/sending")
    make()
    assert autumn.readers().keys() == {autumn.main_user.id, of_drafting.id}
    assert autumn.staff.get(path).json()["recipients"] == 2
    listed = autumn.staff.get("/v1/rounds/2024/organisations", params={"state": ["not_begun", "draft"]}).json()["items"]
    assert {item["organisation_id"] for item in listed} == {str(autumn.central), str(drafting)}


def test_those_who_are_in_the_states_when_the_message_is_sent_get_it(autumn: Round, make: Make) -> None:
    other = autumn.centre.main_user(autumn.centre.organisation())
    path = autumn.write(autumn.staff, "not_begun", send_at="2023-10-16T15:00:00+03:00").headers["Location"]
    autumn.staff.post(f"{path}/sending")
    assert autumn.staff.get(f"{path}/preview").json()["recipients"] == 2
    make()
    autumn.submit(autumn.main_user, autumn.central)
    autumn.centre.clock(2023, 10, 16, 15)
    make()
    assert autumn.readers().keys() == {other.id}


def test_a_message_to_nobody_is_sent_to_nobody(autumn: Round, make: Make) -> None:
    path = autumn.send(autumn.staff, "sent_back")
    make()
    sent = autumn.staff.get(path).json()
    assert (sent["state"], sent["recipients"], autumn.readers()) == ("sent", 0, {})


# -- A central organisation's units --


def test_a_main_user_writes_to_the_managers_of_units_in_some_states(autumn: Round, make: Make) -> None:
    beside = autumn.centre.organisation(autumn.central, name="Lahden Martat")
    of_beside = autumn.centre.person("unit_manager", beside)
    autumn.centre.person("training_manager", beside)
    foreign = autumn.centre.organisation(autumn.centre.organisation())
    autumn.centre.person("unit_manager", foreign)
    autumn.submit(autumn.manager, autumn.unit)
    autumn.centre.owner.execute("UPDATE persons SET language = 'sv' WHERE id = %s", [of_beside.id])
    path = autumn.write(
        autumn.main_user,
        "not_begun",
        texts={
            "fi": {"subject": "Tuntihaku", "body": "Muistakaa!"},
            "sv": {"subject": "Timansökan", "body": "Kom ihåg, {organisation}!"},
        },
    ).headers["Location"]
    preview = autumn.main_user.get(f"{path}/preview").json()
    assert (preview["recipients"], preview["person_id"]) == (1, str(of_beside.id))
    autumn.main_user.post(f"{path}/sending")
    make()
    # It comes from the central organisation.
    [text] = autumn.readers().values()
    assert text == "Hej Aino Esimerkki,\n\nKom ihåg, Lahden Martat!\n\nMed vänlig hälsning\nMarthaförbundet"
    assert preview["text"] == text


def test_an_included_proposal_has_a_state_of_its_own_in_the_units_round(autumn: Round, make: Make) -> None:
    autumn.submit(autumn.manager, autumn.unit)
    [unit] = autumn.main_user.get(PROPOSALS).json()["items"]
    target = autumn.draft(autumn.main_user, autumn.central)
    assert autumn.main_user.post(f"{target}/inclusions", {"proposal_ids": [unit["id"]]}).status_code == 200
    autumn.send(autumn.main_user, "submitted")
    make()
    assert autumn.readers() == {}
    autumn.send(autumn.main_user, "included", "decided")
    make()
    assert autumn.readers().keys() == {autumn.manager.id}
    assert faults(autumn.write(autumn.staff, "draft", "included")) == {("/round_states/1", "literal-error")}


def test_the_main_users_of_a_centre_see_and_send_its_messages_and_no_others(autumn: Round) -> None:
    colleague = autumn.centre.main_user(autumn.central)
    foreign = autumn.centre.main_user(autumn.centre.organisation())
    auditor = autumn.centre.person("auditor")
    path = autumn.write(autumn.main_user, "draft").headers["Location"]
    of_staff = autumn.write(autumn.staff, "draft").headers["Location"]
    for person, seen in (
        (colleague, [path]),
        (foreign, []),
        (autumn.staff, [of_staff, path]),
        (auditor, [of_staff, path]),
    ):
        assert [f"{MESSAGES}/{one['id']}" for one in person.get(MESSAGES).json()["items"]] == seen
        for address in (path, of_staff):
            for shown in (address, f"{address}/preview"):
                assert person.get(shown).status_code == (200 if address in seen else 404)
    filtered = autumn.staff.get(MESSAGES, params={"organisation_id": str(autumn.central)}).json()["items"]
    assert [one["organisation_id"] for one in filtered] == [str(autumn.central)]
    for action in ("sending", "cancellation"):
        assert refusal(autumn.staff.post(f"{path}/{action}")) == (403, "forbidden")
        assert refusal(auditor.post(f"{path}/{action}")) == (403, "forbidden")
        assert refusal(foreign.post(f"{path}/{action}")) == (404, "not-found")
        assert refusal(autumn.main_user.post(f"{of_staff}/{action}")) == (404, "not-found")
        assert refusal(autumn.manager.post(f"{path}/{action}")) == (403, "forbidden")
        assert colleague.post(f"{path}/{action}").status_code == 200
    assert refusal(autumn.manager.get(MESSAGES)) == (403, "forbidden")


def test_a_centre_is_written_for_by_its_main_users_alone(autumn: Round) -> None:
    of_centre = {"audience": "unit_round", "organisation_id": str(autumn.central)}
    assert refusal(autumn.write(autumn.staff, "draft", **of_centre)) == (403, "forbidden")
    assert refusal(autumn.write(autumn.centre.person("training_manager", autumn.central), "draft")) == (
        403,
        "forbidden",
    )
    foreign = autumn.centre.main_user(autumn.centre.organisation())
    for person, organisation_id in (
        (foreign, autumn.central),
        (autumn.manager, autumn.central),
        (autumn.main_user, new_id()),
    ):
        answer = autumn.write(person, "draft", organisation_id=str(organisation_id))
        assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/organisation_id")
    answer = autumn.write(autumn.main_user, "draft", organisation_id=str(autumn.unit))
    assert (refusal(answer), answer.json()["pointer"]) == ((409, "not-central"), "/organisation_id")
    answer = autumn.write(autumn.main_user, "draft", audience="round", organisation_id=None)
    assert refusal(answer) == (403, "forbidden")


def test_a_centre_writes_twenty_messages_a_day(autumn: Round) -> None:
    colleague = autumn.centre.main_user(autumn.central)
    for person in [autumn.main_user, colleague] * 10:
        assert autumn.write(person, "draft").status_code == 201
    answer = autumn.write(colleague, "draft")
    assert refusal(answer) == (429, "rate-limited")
    assert (answer.json()["most"], answer.json()["retry_at"]) == (20, "2023-10-17T00:00:00+03:00")
    # The others are not counted with it.
    other = autumn.centre.organisation()
    assert autumn.write(autumn.centre.main_user(other), "draft", organisation_id=str(other)).status_code == 201
    assert autumn.write(autumn.staff, "draft").status_code == 201
    autumn.centre.clock(2023, 10, 17)
    assert autumn.write(autumn.main_user, "draft").status_code == 201


def test_a_message_follows_a_deadline_that_concerns_the_centre(autumn: Round) -> None:
    other = autumn.centre.organisation()
    own, foreign = (
        autumn.centre.deadline("unit_proposals", date(2023, 9, 1), date(2023, 10, 31), organisation_id=of)
        for of in (autumn.central, other)
    )
    path = autumn.write(autumn.main_user, "draft", deadline_id=str(own), days_before=7).headers["Location"]
    assert autumn.main_user.get(f"{path}/preview").json()["due_at"] == "2023-10-24T08:00:00+03:00"
    answer = autumn.write(autumn.main_user, "draft", deadline_id=str(foreign))
    assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/deadline_id")


# -- What is refused --


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"round_states": []}, {("/round_states", "required")}),
        ({"round_states": ["party"]}, {("/round_states/0", "literal-error")}),
        ({"round_states": ["draft", "draft"]}, {("/round_states", "repeated")}),
        ({"round_year": None}, {("/round_year", "required")}),
        ({"round_year": 2101}, {("/round_year", "less-than-equal")}),
        ({"organisation_id": str(new_id())}, {("/organisation_id", "extra-forbidden")}),
        ({"organisation_ids": [str(new_id())]}, {("/organisation_ids", "extra-forbidden")}),
        ({"audience": "unit_round"}, {("/organisation_id", "required")}),
        (
            {"audience": "main_users"},
            {("/round_year", "extra-forbidden"), ("/round_states", "extra-forbidden")},
        ),
    ],
)
def test_fields_that_do_not_fit_the_audience_are_refused(
    autumn: Round, changes: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    assert faults(autumn.write(autumn.staff, "draft", **changes)) == expected


@pytest.mark.parametrize("years", [[2025], [2022, 2000, 2100]])
def test_a_year_without_a_round_is_refused(autumn: Round, years: Sequence[int]) -> None:
    autumn.centre.deadline("proposal_round", date(2024, 10, 1), date(2024, 11, 30), year=2024, confirmed=False)
    for year in years:
        for person in (autumn.staff, autumn.main_user):
            assert faults(autumn.write(person, "draft", round_year=year)) == {("/round_year", "no-round")}


def test_the_units_round_is_open_by_the_days_of_its_centre(autumn: Round) -> None:
    autumn.centre.deadline(
        "unit_proposals", date(2024, 8, 1), date(2024, 9, 1), year=2024, organisation_id=autumn.central
    )
    assert autumn.write(autumn.main_user, "draft", round_year=2025).status_code == 201
    assert faults(autumn.write(autumn.staff, "draft", round_year=2025)) == {("/round_year", "no-round")}
