"""Verifying email addresses: by the link, or by the issuer; and that nobody learns whose an address is."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.api.keys import drawn_key
from app.db.identifiers import new_id
from app.delivery.tokens import TokenMailing
from tests.builders import Centre, Person, refusal
from tests.conftest import SECRET
from tests.document import check_answer
from tests.server import NO_TLS

PATH = "/v1/email-verifications"
MINE = "/v1/me/email-verification"
TOKENS = TokenMailing(drawn_key(SECRET, "mailed tokens"), None)


@pytest.fixture(autouse=True)
def founder(centre: Centre) -> Person:
    """A study centre begins with its first staff member."""
    return centre.staff()


@pytest.fixture
def anybody(centre: Centre) -> httpx.Client:
    client = httpx.Client(base_url=centre.address, headers={"Accept-Language": "en"}, verify=NO_TLS)
    client.event_hooks = {"response": [check_answer]}
    centre.clients.append(client)
    return client


def registered(centre: Centre, email: str, *, subject: UUID | None = None, **more: Any) -> Person:
    person = Person(UUID(int=0), centre.signed_in(subject or new_id()))
    body = {"name": "Uusi Ihminen", "email": email, "study_centre_id": str(centre.id)} | more
    answer = person.post("/v1/people", body)
    assert answer.status_code == 201, answer.text
    return Person(UUID(answer.json()["id"]), person.client)


def mails(centre: Centre, event: str = "email-verification.sent") -> list[tuple[str, str]]:
    """The addresses and the complete texts of the mails, in the order in which they were made."""
    rows = centre.rows("SELECT id, address, text, sealed_token FROM mails WHERE event = %s ORDER BY id", event)
    return [(address, TOKENS.shown(text, sealed, mail_id)) for mail_id, address, text, sealed in rows]


def last_token(centre: Centre) -> str:
    _, text = mails(centre)[-1]
    (token,) = re.findall(r"`POST /v1/email-verifications`: (\S{64})", text)
    return str(token)


def verify(client: httpx.Client, token: str) -> httpx.Response:
    return client.post(PATH, json={"token": token})


def verified_at(person: Person) -> str | None:
    found: str | None = person.get("/v1/me").json()["person"]["email_verified_at"]
    return found


def states(centre: Centre) -> list[str]:
    return [state for (state,) in centre.rows("SELECT state FROM email_verifications ORDER BY id")]


def test_registering_mails_a_link_that_verifies_the_address(centre: Centre, anybody: httpx.Client) -> None:
    person = registered(centre, "Aino@Example.org")
    assert verified_at(person) is None
    ((address, text),) = mails(centre)
    assert address == "Aino@Example.org"
    assert "Vahvista sähköpostiosoitteesi" in text, "In the person's language."
    centre.clock(2023, 3, 15, 13)
    answer = verify(anybody, last_token(centre))
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"email": "Aino@Example.org", "email_verified_at": "2023-03-15T13:00:00+02:00"}
    assert verified_at(person) == "2023-03-15T13:00:00+02:00"
    assert centre.rows("SELECT action, actor_id FROM audit_entries WHERE action = 'person.email-verified'") == [
        ("person.email-verified", person.id)
    ]


def test_a_link_works_once(centre: Centre, anybody: httpx.Client) -> None:
    registered(centre, "aino@example.org")
    token = last_token(centre)
    assert verify(anybody, token).status_code == 200
    again = verify(anybody, token)
    assert (refusal(again), again.json()["state"]) == ((409, "wrong-state"), "used")


def test_a_retry_with_its_key_gets_the_first_answer(centre: Centre, anybody: httpx.Client) -> None:
    registered(centre, "aino@example.org")
    token = last_token(centre)
    first, again = (
        anybody.post(PATH, json={"token": token}, headers={"Idempotency-Key": "verification"}) for _ in range(2)
    )
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    registered(centre, "toinen@example.org")
    other = anybody.post(PATH, json={"token": last_token(centre)}, headers={"Idempotency-Key": "verification"})
    assert other.json()["email"] == "toinen@example.org", "Keys belong to the token: nobody else has it."


def test_a_link_expires_after_24_hours(centre: Centre, anybody: httpx.Client) -> None:
    person = registered(centre, "aino@example.org")
    token = last_token(centre)
    centre.clock(2023, 3, 16, 12)
    answer = verify(anybody, token)
    assert (refusal(answer), answer.json()["state"]) == ((409, "wrong-state"), "expired")
    assert verified_at(person) is None
    centre.clock(2023, 3, 16, 11, 59, 59)
    assert verify(anybody, token).status_code == 200


@pytest.mark.parametrize("token", ["x", "a" * 64, "ä", "%00"])
def test_an_unknown_token_is_not_found(anybody: httpx.Client, token: str) -> None:
    answer = verify(anybody, token)
    assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/token")


def test_a_changed_token_and_one_of_another_centre_are_not_found(centre: Centre, anybody: httpx.Client) -> None:
    registered(centre, "aino@example.org")
    token = last_token(centre)
    other = ("A" if token[-10] != "A" else "B").join((token[:-10], token[-9:]))
    assert refusal(verify(anybody, other)) == (404, "not-found")


@pytest.mark.parametrize(
    "body", [{}, {"token": ""}, {"token": 1}, {"token": None}, {"token": "x", "email": "a@example.org"}, []]
)
def test_a_body_of_the_wrong_form_is_refused(anybody: httpx.Client, body: Any) -> None:
    assert refusal(anybody.post(PATH, json=body)) == (422, "validation")


def test_a_dry_run_verifies_nothing(centre: Centre, anybody: httpx.Client) -> None:
    person = registered(centre, "aino@example.org")
    answer = anybody.post(PATH, json={"token": last_token(centre)}, params={"validate_only": True})
    assert (answer.status_code, answer.json()["email"]) == (200, "aino@example.org")
    assert verified_at(person) is None
    assert verify(anybody, last_token(centre)).status_code == 200


# Others' addresses


SAME = ["sama@example.org", "SAMA@Example.org", "sama@ｅxample.org"]


@pytest.mark.parametrize("address", SAME)
def test_nothing_is_said_of_the_addresses_of_others_until_the_second_follows_the_link(
    centre: Centre, anybody: httpx.Client, address: str
) -> None:
    first = registered(centre, "sama@example.org")
    assert verify(anybody, last_token(centre)).status_code == 200
    newcomer = Person(UUID(int=0), centre.signed_in(new_id()))
    body = {"name": "Uusi Ihminen", "email": address, "study_centre_id": str(centre.id)}
    tried = newcomer.post("/v1/people", body, key=False, params={"validate_only": True})
    assert tried.status_code == 201
    made = newcomer.post("/v1/people", body)
    assert (made.status_code, made.json()["email"], made.json()["email_verified_at"]) == (201, address, None)
    answer = verify(anybody, last_token(centre))
    assert refusal(answer) == (409, "already-exists")
    assert "existing_id" not in answer.json()
    assert answer.json()["because"] == "address-verified"
    assert answer.json()["detail"].startswith("Another person has verified this email address. Enter another address")
    assert verified_at(newcomer) is None
    assert verified_at(first)


@pytest.mark.parametrize("address", SAME)
def test_a_change_of_address_says_nothing_of_others_either(centre: Centre, anybody: httpx.Client, address: str) -> None:
    registered(centre, "sama@example.org")
    verify(anybody, last_token(centre))
    person = centre.person()
    for dry_run in (True, False):
        answer = person.patch("/v1/me", {"email": address}, params={"validate_only": dry_run})
        assert (answer.status_code, answer.json()["person"]["email"]) == (200, address)
        assert answer.json()["person"]["email_verified_at"] is None
    assert refusal(verify(anybody, last_token(centre))) == (409, "already-exists")


def test_of_several_who_verify_one_address_at_the_same_time_one_succeeds(centre: Centre, anybody: httpx.Client) -> None:
    tokens = []
    for _ in range(4):
        registered(centre, "sama@example.org")
        tokens.append(last_token(centre))
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda token: verify(anybody, token), tokens))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {refusal(answer)[1] for answer in answers if answer.status_code == 409} == {"already-exists"}


def test_an_address_of_two_study_centres_is_verified_in_both(
    centre: Centre, anybody: httpx.Client, new_centre: Callable[[], Any]
) -> None:
    registered(centre, "sama@example.org")
    assert verify(anybody, last_token(centre)).status_code == 200
    with new_centre() as other:
        other.staff()
        registered(other, "sama@example.org")
        assert verify(anybody, last_token(other)).status_code == 200


# Changing the address


def test_a_changed_address_is_verified_by_its_own_link(centre: Centre, anybody: httpx.Client) -> None:
    person = registered(centre, "vanha@example.org")
    first = last_token(centre)
    changed = person.patch("/v1/me", {"email": "uusi@example.org"}).json()
    assert (changed["person"]["email"], changed["person"]["email_verified_at"]) == ("uusi@example.org", None)
    answer = verify(anybody, first)
    assert (refusal(answer), answer.json()["state"]) == ((409, "wrong-state"), "replaced")
    assert verify(anybody, last_token(centre)).json()["email"] == "uusi@example.org"
    assert verified_at(person)


def test_the_address_that_was_verified_last_gets_a_notice_of_a_change(centre: Centre) -> None:
    person = centre.person()
    person.patch("/v1/me", {"email": "uusi@example.org", "language": "en"})
    ((address, text),) = mails(centre, "person.email-changed")
    assert address == f"{person.id}@example.org"
    assert "15 March 2023 at 12:00" in text
    assert "uusi@example.org" not in text


def test_an_address_that_was_never_verified_gets_no_notice(centre: Centre) -> None:
    registered(centre, "vanha@example.org").patch("/v1/me", {"email": "uusi@example.org"})
    assert mails(centre, "person.email-changed") == []
    assert [address for address, _ in mails(centre)] == ["vanha@example.org", "uusi@example.org"]


def test_the_verified_address_written_in_another_way_stays_verified(centre: Centre) -> None:
    person = centre.person()
    person.patch("/v1/me", {"email": "uusi@example.org"})
    again = f"{str(person.id).upper()}@EXAMPLE.org"
    changed = person.patch("/v1/me", {"email": again}).json()["person"]
    assert (changed["email"], changed["email_verified_at"]) == (again, "2000-01-01T00:00:00+02:00")
    assert len(mails(centre)) == 1
    assert states(centre) == ["withdrawn"]


def test_other_changes_send_nothing(centre: Centre) -> None:
    person = centre.person()
    person.patch("/v1/me", {"phone": "040 123 4567", "email": f"{person.id}@example.org"})
    assert verified_at(person)
    assert centre.rows("SELECT count(*) FROM mails") == [(0,)]


def test_a_person_changes_the_address_twenty_times_a_day(centre: Centre) -> None:
    person = centre.person()
    for number in range(20):
        assert person.patch("/v1/me", {"email": f"uusi{number}@example.org"}).status_code == 200
    answer = person.patch("/v1/me", {"email": "viela@example.org"})
    assert (refusal(answer), answer.json()["most"]) == ((429, "rate-limited"), 20)
    assert person.get("/v1/me").json()["person"]["email"] == "uusi19@example.org"
    assert person.patch("/v1/me", {"email": f"{person.id}@example.org"}).status_code == 200, "The verified one again."


# New links


def test_three_new_links_a_day_take_the_place_of_the_first(centre: Centre, anybody: httpx.Client) -> None:
    person = registered(centre, "aino@example.org")
    tokens = [last_token(centre)]
    for _ in range(3):
        answer = person.post(MINE)
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"email": "aino@example.org", "expires_at": "2023-03-16T12:00:00+02:00"}
        tokens.append(last_token(centre))
    answer = person.post(MINE)
    assert (refusal(answer), answer.json()["most"]) == ((429, "rate-limited"), 3)
    assert answer.headers["Retry-After"] == str(12 * 60 * 60)
    assert states(centre) == ["replaced", "replaced", "replaced", "open"]
    for token in tokens[:3]:
        assert verify(anybody, token).json()["state"] == "replaced"
    centre.clock(2023, 3, 16)
    assert person.post(MINE).status_code == 200
    assert verify(anybody, last_token(centre)).status_code == 200


@pytest.mark.parametrize("address", SAME)
def test_an_address_gets_five_links_a_day_from_all_people_together(
    centre: Centre, anybody: httpx.Client, address: str
) -> None:
    """The response to a further request is the same, so nobody learns that others made some."""
    others = [registered(centre, "sama@example.org") for _ in range(5)]
    assert len(mails(centre)) == 5
    person = registered(centre, address)
    asked = person.post(MINE)
    assert (asked.status_code, asked.json()) == (200, {"email": address, "expires_at": "2023-03-16T12:00:00+02:00"})
    assert person.patch("/v1/me", {"email": "toinen@example.org"}).status_code == 200
    changed = person.patch("/v1/me", {"email": address})
    assert (changed.status_code, changed.json()["person"]["email_verified_at"]) == (200, None)
    assert [to for to, _ in mails(centre)] == ["sama@example.org"] * 5 + ["toinen@example.org"]
    for one in (person, others[0]):
        assert one.get("/v1/mails").json()["items"] == []
        held = one.get(f"/v1/people/{one.id}/data").json()["held"]
        assert held["mails"] == []
        assert {row["state"] for row in held["email_verifications"]} <= {"open", "replaced"}
    centre.clock(2023, 3, 16)
    assert person.post(MINE).status_code == 200
    assert verify(anybody, last_token(centre)).json()["email"] == address


def test_the_link_of_a_person_goes_on_working_if_others_have_used_up_those_of_the_day(
    centre: Centre, anybody: httpx.Client
) -> None:
    person = registered(centre, "sama@example.org")
    token = last_token(centre)
    for _ in range(4):
        registered(centre, "sama@example.org")
    centre.clock(2023, 3, 15, 20)
    assert person.post(MINE).status_code == 200
    assert states(centre).count("replaced") == 1
    assert verify(anybody, token).status_code == 200
    assert verified_at(person)


def test_an_erasure_does_not_begin_the_count_of_an_address_again(centre: Centre) -> None:
    for _ in range(6):
        person = registered(centre, "sama@example.org")
        assert person.post(f"/v1/people/{person.id}/erasure", {"reason": "Pyysin"}).status_code == 200
    assert len(mails(centre)) == 5
    assert "sama" not in str(centre.rows("SELECT * FROM token_mails"))


def test_simultaneous_requests_do_not_exceed_the_links_of_an_address(centre: Centre) -> None:
    people = [registered(centre, f"{number}@example.org") for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        changed = list(threads.map(lambda one: one.patch("/v1/me", {"email": "sama@example.org"}), people))
    assert {answer.status_code for answer in changed} == {200}
    assert [address for address, _ in mails(centre)].count("sama@example.org") == 5


def test_a_verified_address_needs_no_link(centre: Centre) -> None:
    answer = centre.person().post(MINE)
    assert (refusal(answer), answer.json()["state"]) == ((409, "wrong-state"), "verified")


def test_a_dry_run_sends_no_link(centre: Centre) -> None:
    person = registered(centre, "aino@example.org")
    assert person.post(MINE, key=False, params={"validate_only": True}).status_code == 200
    assert states(centre) == ["open"]


def test_a_token_is_shown_by_nothing_but_the_mail(centre: Centre, founder: Person) -> None:
    person = registered(centre, "aino@example.org")
    person.post(MINE)
    token = last_token(centre)
    for caller, path in (
        (person, "/v1/mails"),
        (founder, "/v1/mails"),
        (person, "/v1/audit-entries"),
        (founder, "/v1/audit-entries"),
        (founder, f"/v1/people/{person.id}/data"),
    ):
        answer = caller.get(path)
        assert answer.status_code == 200
        assert token not in answer.text
    assert "email_verifications" in answer.json()["held"]
    for table in ("mails", "outbox", "audit_entries", "email_verifications", "stored_answers"):
        assert token not in str(centre.rows(f"SELECT * FROM {table}"))


# What unverified means


def test_a_person_has_the_task_to_verify_the_address(centre: Centre, anybody: httpx.Client) -> None:
    person = registered(centre, "aino@example.org")
    (task,) = person.get("/v1/me/tasks", params={"kind": "email_verification"}).json()["items"]
    assert (task["state"], task["title"]) == ("open", "Vahvista sähköpostiosoitteesi")
    assert (task["call"]["method"], task["call"]["path"]) == ("POST", MINE)
    assert person.post(task["call"]["path"]).status_code == 200
    verify(anybody, last_token(centre))
    assert person.get("/v1/me/tasks", params={"kind": "email_verification"}).json()["items"] == []


def test_those_who_see_the_address_see_whether_it_is_verified(
    centre: Centre, central: UUID, founder: Person, anybody: httpx.Client
) -> None:
    person = registered(centre, "aino@example.org")
    centre.grant(person.id, "staff")
    office = founder.post("/v1/regional-offices", {"name": "Turku"}).json()["id"]
    body = {
        "organisation_id": str(central),
        "person_id": str(person.id),
        "regional_office_id": office,
        "valid_from": "2023-01-01",
    }
    assert founder.post("/v1/contact-assignments", body).status_code == 201
    contact = f"/v1/organisations/{central}/contact"
    assert founder.get(f"/v1/people/{person.id}").json()["email_verified_at"] is None
    assert founder.get(contact).json()["person"]["email_verified_at"] is None
    verify(anybody, last_token(centre))
    assert founder.get(f"/v1/people/{person.id}").json()["email_verified_at"] == "2023-03-15T12:00:00+02:00"
    assert founder.get(contact).json()["person"]["email_verified_at"] == "2023-03-15T12:00:00+02:00"


def test_a_merger_withdraws_the_link_and_frees_the_address(
    centre: Centre, founder: Person, anybody: httpx.Client
) -> None:
    """A person who has registered twice with one address: it is verified for the record that remains."""
    first = registered(centre, "sama@example.org")
    verify(anybody, last_token(centre))
    second = registered(centre, "Sama@example.org")
    token = last_token(centre)
    body = {"person_id": str(first.id), "reason": "Sama henkilö"}
    merged = founder.post(f"/v1/people/{second.id}/merger", body)
    assert merged.status_code == 200, merged.text
    assert (merged.json()["email"], bool(merged.json()["email_verified_at"])) == ("Sama@example.org", True)
    assert verify(anybody, token).json()["state"] == "withdrawn"


def test_a_merged_record_without_a_verified_address_leaves_its_link_behind(
    centre: Centre, founder: Person, anybody: httpx.Client
) -> None:
    other, person = registered(centre, "toinen@example.org"), centre.person()
    token = last_token(centre)
    body = {"person_id": str(other.id), "reason": "Sama henkilö"}
    assert founder.post(f"/v1/people/{person.id}/merger", body).json()["email"] == f"{person.id}@example.org"
    assert verify(anybody, token).json()["state"] == "withdrawn"
    registered(centre, "toinen@example.org")
    assert verify(anybody, last_token(centre)).status_code == 200


def test_a_record_without_a_verified_address_gets_mail_at_that_of_the_merged_one(
    centre: Centre, founder: Person
) -> None:
    person, other = registered(centre, "uusi@example.org"), centre.person()
    merged = founder.post(f"/v1/people/{person.id}/merger", {"person_id": str(other.id), "reason": "Sama henkilö"})
    assert (merged.json()["email"], merged.json()["email_verified_at"]) == ("uusi@example.org", None)
    assert centre.rows("SELECT verified_email FROM persons WHERE id = %s", person.id) == [(f"{other.id}@example.org",)]


def test_an_erasure_removes_the_links_and_frees_the_address(centre: Centre, anybody: httpx.Client) -> None:
    person = registered(centre, "aino@example.org")
    verify(anybody, last_token(centre))
    person.patch("/v1/me", {"email": "uusi@example.org"})
    token = last_token(centre)
    answer = person.post(f"/v1/people/{person.id}/erasure", {"reason": "Pyysin"})
    assert answer.status_code == 200, answer.text
    assert refusal(verify(anybody, token)) == (404, "not-found")
    assert centre.rows("SELECT count(*) FROM email_verifications") == [(0,)]
    assert {address for (address,) in centre.rows("SELECT address FROM mails")} == {""}
    registered(centre, "aino@example.org")
    assert verify(anybody, last_token(centre)).status_code == 200


# The issuer's word


def vouched(centre: Centre, subject: object, **claims: Any) -> httpx.Client:
    client = centre.signed_in(subject)
    client.headers["Authorization"] = f"Bearer {centre.issuer.token_for(subject, **claims)}"
    return client


def test_an_address_that_the_issuer_has_verified_needs_no_link(centre: Centre) -> None:
    person = Person(UUID(int=0), vouched(centre, new_id(), email="AINO@example.org", email_verified=True))
    body = {"name": "Aino", "email": "aino@example.org", "study_centre_id": str(centre.id)}
    made = person.post("/v1/people", body)
    assert made.json()["email_verified_at"] == "2023-03-15T12:00:00+02:00"
    assert mails(centre) == []
    changed = person.patch("/v1/me", {"email": "toinen@example.org"}).json()["person"]
    assert (changed["email_verified_at"], len(mails(centre))) == (None, 1)


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "aino@example.org", "email_verified": False},
        {"email": "aino@example.org"},
        {"email": "aino@example.org", "email_verified": "true"},
        {"email": "toinen@example.org", "email_verified": True},
        {"email": 1, "email_verified": True},
        {"email": "", "email_verified": True},
        {"email_verified": True},
    ],
)
def test_any_other_word_of_the_issuer_verifies_nothing(centre: Centre, claims: dict[str, Any]) -> None:
    person = Person(UUID(int=0), vouched(centre, new_id(), **claims))
    body = {"name": "Aino", "email": "aino@example.org", "study_centre_id": str(centre.id)}
    assert person.post("/v1/people", body).json()["email_verified_at"] is None
    assert len(mails(centre)) == 1


def test_a_later_sign_in_with_the_issuers_word_verifies_the_address(centre: Centre, anybody: httpx.Client) -> None:
    subject = new_id()
    person = Person(UUID(int=0), centre.signed_in(subject))
    body = {"name": "Aino", "email": "aino@example.org", "study_centre_id": str(centre.id)}
    person.post("/v1/people", body)
    assert verified_at(person) is None
    again = Person(UUID(int=0), vouched(centre, subject, email="aino@example.org", email_verified=True))
    again.get("/v1/me", headers={"X-Request-Id": "first"})
    assert verified_at(again) == "2023-03-15T12:00:00+02:00"
    assert verify(anybody, last_token(centre)).json()["state"] == "withdrawn"
    assert centre.rows("SELECT request_id FROM audit_entries WHERE action = 'person.email-verified'") == [("first",)]


def test_the_issuers_word_does_not_take_an_address_from_another(centre: Centre, anybody: httpx.Client) -> None:
    first = registered(centre, "sama@example.org")
    verify(anybody, last_token(centre))
    person = Person(UUID(int=0), vouched(centre, new_id(), email="sama@example.org", email_verified=True))
    body = {"name": "Aino", "email": "sama@example.org", "study_centre_id": str(centre.id)}
    made = person.post("/v1/people", body)
    assert (made.status_code, made.json()["email_verified_at"]) == (201, None)
    assert verified_at(person) is None
    assert refusal(verify(anybody, last_token(centre))) == (409, "already-exists")
    assert verified_at(first)


def test_who_loses_an_address_at_that_moment_stays_unverified_and_reads(centre: Centre) -> None:
    subject, winner = new_id(), centre.person()
    registered(centre, "sama@example.org", subject=subject)
    person = Person(UUID(int=0), vouched(centre, subject, email="sama@example.org", email_verified=True))
    with ThreadPoolExecutor() as thread, centre.owner.transaction():
        centre.owner.execute(
            "UPDATE persons SET verified_email = %(address)s, verified_email_key = %(address)s WHERE id = %(id)s",
            {"address": "sama@example.org", "id": winner.id},
        )
        answer = thread.submit(person.get, "/v1/me")
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        while centre.rows(waiting) == [(0,)]:
            assert not answer.done()
            time.sleep(0.01)
    assert answer.result().status_code == 200
    assert answer.result().json()["person"]["email_verified_at"] is None


def test_a_change_to_the_address_that_the_issuer_has_verified_is_verified_with_a_notice(centre: Centre) -> None:
    person = centre.person()
    client = vouched(centre, person.id, email="uusi@example.org", email_verified=True)
    changed = Person(person.id, client).patch("/v1/me", {"email": "uusi@example.org"}).json()["person"]
    assert changed["email_verified_at"] == "2023-03-15T12:00:00+02:00"
    assert mails(centre) == []
    assert [address for address, _ in mails(centre, "person.email-changed")] == [f"{person.id}@example.org"]


# The page


def page(anybody: httpx.Client, token: str, method: str = "GET", **headers: str) -> httpx.Response:
    return anybody.request(method, f"/email-verifications/{token}", headers=headers)


def test_the_page_of_the_link_changes_nothing_until_its_form_is_sent(centre: Centre, anybody: httpx.Client) -> None:
    person = registered(centre, "aino@example.org")
    token = last_token(centre)
    shown = page(anybody, token)
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "aino@example.org" in shown.text
    assert (shown.headers["Cache-Control"], shown.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "<script" not in shown.text
    assert '<form method="post">' in shown.text
    assert verified_at(person) is None
    sent = page(anybody, token, "POST")
    assert sent.status_code == 200
    assert "has been verified" in sent.text
    assert "<form" not in sent.text
    assert verified_at(person)
    for method in ("GET", "POST"):
        again = page(anybody, token, method)
        assert (again.status_code, "already been verified" in again.text) == (409, True)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_page_of_an_unknown_link_says_so(anybody: httpx.Client, method: str) -> None:
    shown = page(anybody, "x" * 64, method)
    assert (shown.status_code, shown.headers["Cache-Control"]) == (404, "no-store")
    assert "The link is not known" in shown.text


def test_the_page_reports_to_the_second_that_the_address_is_taken(centre: Centre, anybody: httpx.Client) -> None:
    registered(centre, "sama@example.org")
    verify(anybody, last_token(centre))
    registered(centre, "sama@example.org")
    sent = page(anybody, last_token(centre), "POST")
    assert sent.status_code == 409
    assert "Another person has verified this email address" in sent.text


@pytest.mark.parametrize(
    ("language", "title"), [("fi", "Vahvista sähköpostiosoitteesi"), ("sv", "Bekräfta din e-postadress")]
)
def test_the_page_is_in_the_readers_language(centre: Centre, anybody: httpx.Client, language: str, title: str) -> None:
    registered(centre, "aino@example.org")
    shown = page(anybody, last_token(centre), **{"Accept-Language": language})
    assert f"<h1>{title}</h1>" in shown.text
    assert "Accept-Language" in shown.headers["Vary"]
