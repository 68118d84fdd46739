"""Every main user gets a mail about each step of a bank account change."""

from uuid import UUID

import pytest

from tests.builders import Centre, Person
from tests.delivery.events import Make

Mailed = set[tuple[str, UUID]]


def proposed(person: Person, organisation_id: UUID) -> str:
    path = f"/v1/organisations/{organisation_id}/bank-account"
    answer = person.put(path, {"iban": "FI2112345600000785", "holder": "Marttaliitto ry"})
    assert answer.status_code == 200, answer.text
    return f"/v1/bank-account-changes/{answer.json()['open_change']['id']}"


def mailed(centre: Centre) -> Mailed:
    return set(centre.rows("SELECT event, person_id FROM mails WHERE state = 'due'"))


@pytest.mark.parametrize("of_a_unit", [False, True], ids=["of a central organisation", "of a unit"])
def test_all_main_users_get_a_mail_about_each_step_even_about_their_own(
    centre: Centre, make: Make, of_a_unit: bool
) -> None:
    central = centre.organisation(name="Marttaliitto")
    unit = centre.organisation(central, name="Marttaliiton piiri")
    first, second, third = (centre.main_user(central) for _ in range(3))
    centre.person("unit_manager", unit)
    centre.main_user(centre.organisation())
    for person in (first, second, third):
        # These mails cannot be turned off.
        assert person.put("/v1/me/mail-preferences", {"mail": "necessary"}, headers={"If-Match": "*"}).is_success
    organisation_id = unit if of_a_unit else central

    def to_all(event: str) -> Mailed:
        return {(f"bank-account-change.{event}", person.id) for person in (first, second, third)}

    assert second.post(f"{proposed(first, organisation_id)}/rejection", {"reason": "Väärä tili"}).is_success
    assert first.post(f"{proposed(first, organisation_id)}/withdrawal").is_success
    change = proposed(first, organisation_id)
    make()
    expected = to_all("proposed") | to_all("rejected") | to_all("withdrawn")
    assert mailed(centre) == expected
    assert centre.rows("SELECT count(*) FROM mails WHERE event = 'bank-account-change.proposed'") == [(9,)]
    assert second.post(f"{change}/approval").is_success
    make()
    make()
    assert mailed(centre) == expected | to_all("approved")
    [(text,)] = centre.rows(
        "SELECT DISTINCT text FROM mails WHERE event = 'bank-account-change.approved' AND person_id = %s", first.id
    )
    name = "Marttaliiton piiri" if of_a_unit else "Marttaliitto"
    assert f"Järjestön {name} tilinumeron muutos on vahvistettu. " in text
    assert "Maksut on keskeytetty, ja ne jatkuvat uudelle tilille 20.3.2023." in text
