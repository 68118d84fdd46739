"""The demo data: of real size, invented, the same each time, and in agreement with the ledger."""

from collections import Counter
from typing import get_args
from uuid import RFC_4122

import pytest
from stdnum.fi import ytunnus

from app.domain.access import Role
from app.domain.calendar.years import DEADLINES_OF_2023
from app.sandbox.demo.hours import free_for_the_tour
from app.sandbox.demo.loading import demo_data
from app.sandbox.demo.organisations import Organisations
from app.sandbox.demo.rows import Demo

THIS_YEAR = 2026


@pytest.fixture(scope="module")
def demo() -> Demo:
    return demo_data(1, THIS_YEAR)


def test_the_demo_data_are_the_same_each_time(demo: Demo) -> None:
    demo_data.cache_clear()
    again = demo_data(1, THIS_YEAR)
    assert again is not demo
    assert again.tables == demo.tables
    assert again.postings == demo.postings


def test_a_later_year_adds_demo_data_and_changes_no_organisation(demo: Demo) -> None:
    later = demo_data(1, THIS_YEAR + 3)
    demo_data.cache_clear()
    for table in ("organisations", "persons", "role_grants"):
        assert later.tables[table] == demo.tables[table]
    decided = {row["id"]: row for row in later.tables["hour_decisions"]}
    for row in demo.tables["hour_decisions"]:
        if row["year"] <= 2024:
            assert decided[row["id"]] == row


def test_the_demo_data_have_a_study_centres_size(demo: Demo) -> None:
    organisations = demo.tables["organisations"]
    assert Counter(row["kind"] for row in organisations) == {"central": 76, "district": 60, "association": 900}
    assert max(row["distance"] for row in demo.tables["organisation_ancestors"]) == 3
    assert Counter(row["language"] for row in organisations).keys() == {"fi", "sv", "en"}
    names = Counter(row["name"] for row in organisations)
    assert names.most_common(1)[0][1] == 1


def test_a_scale_of_ten_makes_ten_times_the_data() -> None:
    finland = Demo()
    assert len(Organisations(finland, 10).centrals) == 760
    assert len(finland.tables["organisations"]) == 10_360
    assert len({row["name"] for row in finland.tables["organisations"]}) == 10_360
    assert len({row["business_id"] for row in finland.tables["organisations"]} - {None}) > 7_000


def test_business_ids_are_valid_and_unassigned(demo: Demo) -> None:
    given = [row["business_id"] for row in demo.tables["organisations"] if row["business_id"]]
    assert len(given) == len(set(given)) > 700
    assert all(ytunnus.is_valid(business_id) and business_id.startswith("9") for business_id in given)


def test_email_addresses_and_sites_do_not_exist(demo: Demo) -> None:
    assert all(row["email"].endswith("@example.org") for row in demo.tables["persons"])
    for row in demo.tables["organisations"]:
        assert row["email"].endswith(".example")
        assert row["contact_person"]["email"].endswith(".example")
        assert row["website"] is None or row["website"].endswith(".example")


def test_ids_are_of_version_7_and_unique(demo: Demo) -> None:
    for table, rows in demo.tables.items():
        ids = [row["id"] for row in rows if "id" in row]
        assert len(ids) == len(set(ids)), table
        assert all((one.version, one.variant) == (7, RFC_4122) for one in ids), table


def test_there_are_people_for_every_role(demo: Demo) -> None:
    roles = Counter(row["role"] for row in demo.tables["role_grants"])
    assert roles.keys() == set(get_args(Role))
    assert roles["main_user"] >= 76
    by_email = {row["email"]: row for row in demo.tables["persons"]}
    assert by_email["huvudanvandare@example.org"]["language"] == "sv"
    assert {"staff@example.org", "auditor@example.org", "paakayttaja@example.org"} <= by_email.keys()


def test_the_calendar_of_2023_is_the_known_one_and_next_year_is_to_be_confirmed(demo: Demo) -> None:
    deadlines = demo.tables["deadlines"]
    of_2023 = {
        (row["kind"], row["hours_year"], row["opens_on"], row["closes_on"]) for row in deadlines if row["year"] == 2023
    }
    assert of_2023 == {(d.kind, d.hours_year, d.opens_on, d.closes_on) for d in DEADLINES_OF_2023}
    assert {row["year"] for row in deadlines} == set(range(2023, THIS_YEAR + 2))
    assert {row["year"] for row in deadlines if not row["confirmed"]} == {THIS_YEAR + 1}


def test_no_demo_data_are_of_the_present_year(demo: Demo) -> None:
    """A reset in the present year thus restores the same data, and none of them are in the future."""
    assert max(posting.made_at for posting in demo.postings).year < THIS_YEAR


def test_there_are_requests_in_every_state(demo: Demo) -> None:
    states = {row["state"] for row in demo.tables["supplementary_hour_requests"]}
    assert states == {"submitted", "approved", "partially_approved", "rejected", "withdrawn", "expired"}


def test_the_tour_finds_organisations_that_are_free_for_it(demo: Demo) -> None:
    centrals = Organisations(Demo(), 1).centrals
    free = free_for_the_tour(centrals)
    proposals = [row for row in demo.tables["hour_proposals"] if row["organisation_id"] in free and row["year"] == 2024]
    assert {row["state"] for row in proposals} == {"draft", "submitted"}
    assert centrals[0].id not in {row["central_organisation_id"] for row in proposals}
    assert not any(row["organisation_id"] in free for row in demo.tables["hour_decisions"] if row["year"] == 2024)
    theirs = [
        posting.made_at.date().isoformat()
        for posting in demo.postings
        if posting.year == 2023 and any(transfer.central_organisation_id in free for transfer in posting.transfers)
    ]
    assert theirs
    # Data posted together with others' still has times of the study centre.
    assert max(theirs) < "2023-03-13"
