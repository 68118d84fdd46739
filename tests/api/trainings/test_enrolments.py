"""Enrolment in the public calendar: by a link in a mail, in the order of arrival, and with a waiting list."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.api.keys import drawn_key
from app.db.identifiers import new_id
from app.delivery.tokens import TokenMailing, digest_of, new_token
from app.domain.support import enrolments as rules
from app.domain.support.enrolments import Enrolment
from app.sandbox.main import create_app
from app.services.people.removing import remove_old_addresses
from app.settings import Settings
from tests.api.trainings.conftest import approved, session, submitted
from tests.builders import Centre, Person, refusal
from tests.conftest import SECRET
from tests.server import NO_TLS, serving

TOKENS = TokenMailing(drawn_key(SECRET, "mailed tokens"), None)
OFFER = {"opens_on": None, "closes_on": None, "places": 1, "waiting_list": True}


def mails(centre: Centre, event: str = "enrolment.requested") -> list[tuple[str, str, str]]:
    """The addresses, subjects and complete texts of the mails, in the order in which they were made."""
    rows = centre.rows("SELECT id, address, subject, text, sealed_token FROM mails WHERE event = %s ORDER BY id", event)
    return [(address, subject, TOKENS.shown(text, sealed, mail_id)) for mail_id, address, subject, text, sealed in rows]


def token_in(text: str) -> str:
    (token,) = re.findall(r"/enrolments/(\S{64})/", text)
    return str(token)


def path_of(slug: str, training: str) -> str:
    return f"/v1/public/{slug}/trainings/{training.rpartition('/')[2]}/enrolments"


def ask(public: httpx.Client, slug: str, training: str, email: str = "aino@example.org", **more: Any) -> httpx.Response:
    return public.post(path_of(slug, training), json={"name": "Aino Esimerkki", "email": email} | more)


def requested(centre: Centre, public: httpx.Client, slug: str, training: str, email: str) -> str:
    """The path of the enrolment that the address has requested."""
    answer = ask(public, slug, training, email)
    assert answer.status_code == 202, answer.text
    address, _, text = mails(centre)[-1]
    assert address == email
    return f"/v1/public/{slug}/enrolments/{token_in(text)}"


def confirmed(centre: Centre, public: httpx.Client, slug: str, training: str, email: str) -> str:
    path = requested(centre, public, slug, training, email)
    answer = public.post(f"{path}/confirmation")
    assert answer.status_code == 200, answer.text
    return path


def state(public: httpx.Client, path: str) -> tuple[str, int | None]:
    answer = public.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json()["state"], answer.json()["position"]


@pytest.fixture
def training(manager: Person, staff: Person, unit: UUID) -> str:
    """A course with one place and a waiting list."""
    return approved(manager, staff, unit, enrolment=OFFER)


def test_the_link_in_the_mail_confirms_the_enrolment_and_cancels_it(
    centre: Centre, public: httpx.Client, slug: str, training: str
) -> None:
    answer = ask(public, slug, training, language="sv")
    assert (answer.status_code, answer.json()) == (202, {"expires_at": "2023-03-17T12:00:00+02:00"})
    ((address, subject, text),) = mails(centre)
    assert (address, subject) == ("aino@example.org", "Bekräfta din anmälan: Järjestön talous")
    assert "Aino" not in text, "A name is text that a stranger may have chosen."
    path = f"/v1/public/{slug}/enrolments/{token_in(text)}"
    assert state(public, path) == ("unconfirmed", None)
    assert state(public, path) == ("unconfirmed", None)
    for _ in range(2):
        done = public.post(f"{path}/confirmation")
        assert (done.status_code, done.json()["state"], done.headers["Cache-Control"]) == (200, "enrolled", "no-store")
    assert public.get(path_of(slug, training).removesuffix("/enrolments")).json()["enrolment"]["places_left"] == 0
    for _ in range(2):
        done = public.post(f"{path}/cancellation")
        assert (done.status_code, done.json()["state"]) == (200, "cancelled")
    refused = public.post(f"{path}/confirmation")
    assert refusal(refused) == (409, "wrong-state")
    assert (refused.json()["state"], refused.json()["allowed"]) == ("cancelled", ["unconfirmed"])
    assert centre.rows("SELECT name, email, email_key FROM enrolments") == [(None, None, None)]
    assert public.get(path_of(slug, training).removesuffix("/enrolments")).json()["enrolment"]["places_left"] == 1


def test_the_mails_and_the_page_name_the_study_centre_and_the_organiser_in_their_language(
    centre: Centre, public: httpx.Client, slug: str, training: str, unit: UUID
) -> None:
    study_centre = centre.named_in_all()
    names = {"fi": "Hämeen Martat", "sv": "Tavastlands Marthor", "en": "Tavastia Marthas"}
    centre.owner.execute(
        "UPDATE organisations SET name = %(fi)s, name_sv = %(sv)s, name_en = %(en)s WHERE id = %(id)s",
        {**names, "id": unit},
    )
    for language, name in names.items():
        assert ask(public, slug, training, f"{language}@example.org", language=language).status_code == 202
        text = mails(centre)[-1][2]
        assert f": {name}\n" in text
        assert text.endswith(f"\n{study_centre[language]}")
        path = f"/enrolments/{token_in(text)}"
        assert f": {name}<" in public.get(path, params={"lang": language}).text
        assert f": {name}<" in public.post(f"{path}/confirmation", params={"lang": language}).text
    public.post(f"{path}/cancellation")
    public.post(f"/enrolments/{token_in(mails(centre)[0][2])}/cancellation")
    ((address, _, text),) = mails(centre, "enrolment.moved-up")
    assert (address, text.endswith(f"\n{study_centre['sv']}"), f": {names['sv']}\n" in text) == (
        "sv@example.org",
        True,
        True,
    )


def test_who_leaves_moves_the_others_up_and_the_first_gets_an_email(
    centre: Centre, public: httpx.Client, slug: str, training: str
) -> None:
    paths = [confirmed(centre, public, slug, training, f"{name}@example.org") for name in "abcd"]
    assert [state(public, path) for path in paths] == [
        ("enrolled", None),
        ("waiting", 1),
        ("waiting", 2),
        ("waiting", 3),
    ]
    public.post(f"{paths[2]}/cancellation")
    assert [state(public, path) for path in paths[1::2]] == [("waiting", 1), ("waiting", 2)]
    public.post(f"{paths[0]}/cancellation")
    assert [state(public, path) for path in paths[1::2]] == [("enrolled", None), ("waiting", 1)]
    ((address, subject, text),) = mails(centre, "enrolment.moved-up")
    assert (address, subject) == ("b@example.org", "Sait paikan: Järjestön talous")
    assert "15.4.2023" in text


def test_without_a_waiting_list_the_course_is_full_for_those_who_ask_and_who_confirm(
    centre: Centre, public: httpx.Client, slug: str, manager: Person, staff: Person, unit: UUID
) -> None:
    training = approved(manager, staff, unit, enrolment=OFFER | {"waiting_list": False})
    early, late = (requested(centre, public, slug, training, f"{name}@example.org") for name in ("early", "late"))
    assert public.post(f"{late}/confirmation").json()["state"] == "enrolled"
    refused = public.post(f"{early}/confirmation")
    assert (refusal(refused), refused.json()["places"]) == ((409, "training-full"), 1)
    assert refusal(ask(public, slug, training, "third@example.org")) == (409, "training-full")
    public.post(f"{late}/cancellation")
    assert public.post(f"{early}/confirmation").json()["state"] == "enrolled"


def test_an_enrolment_is_open_on_its_days_and_else_until_the_start(
    centre: Centre, public: httpx.Client, slug: str, manager: Person, staff: Person, unit: UUID
) -> None:
    offer = OFFER | {"opens_on": "2023-03-20", "closes_on": "2023-04-01", "places": 9}
    days = approved(manager, staff, unit, enrolment=offer)
    start = approved(manager, staff, unit, enrolment=OFFER | {"places": 9})
    none = approved(manager, staff, unit)
    assert refusal(ask(public, slug, none)) == (409, "enrolment-closed")
    refused = ask(public, slug, days)
    assert (refusal(refused), refused.json()["opens_on"]) == ((409, "enrolment-closed"), "2023-03-20")
    centre.clock(2023, 3, 20)
    path = requested(centre, public, slug, days, "yksi@example.org")
    centre.clock(2023, 4, 1, 23, 59)
    assert ask(public, slug, days, "kaksi@example.org").status_code == 202
    centre.clock(2023, 4, 2)
    assert refusal(ask(public, slug, days, "kolme@example.org")) == (409, "enrolment-closed")
    assert refusal(public.post(f"{path}/confirmation")) == (409, "wrong-state"), "It has ended after 48 hours."
    centre.clock(2023, 4, 15, 9, 59)
    late = requested(centre, public, slug, start, "nelja@example.org")
    centre.clock(2023, 4, 15, 10)
    assert refusal(public.post(f"{late}/confirmation")) == (409, "enrolment-closed")
    assert refusal(ask(public, slug, start, "viisi@example.org")) == (409, "enrolment-closed")


def test_what_is_not_public_is_not_found(
    public: httpx.Client, slug: str, manager: Person, unit: UUID, training: str
) -> None:
    hidden = submitted(manager, unit, enrolment=OFFER)
    assert refusal(ask(public, slug, hidden)) == (404, "not-found")
    assert refusal(ask(public, f"{slug}-x", training)) == (404, "not-found")
    assert refusal(ask(public, slug, str(new_id()))) == (404, "not-found")
    for method, end in (("GET", ""), ("POST", "/confirmation"), ("POST", "/cancellation")):
        answer = public.request(method, f"/v1/public/{slug}/enrolments/{'x' * 64}{end}")
        assert refusal(answer) == (404, "not-found")
    assert refusal(ask(public, slug, training, "ei osoite")) == (422, "validation")


def test_nobody_learns_whose_an_address_is(centre: Centre, public: httpx.Client, slug: str, training: str) -> None:
    """Who has enrolled gets a new link to the enrolment, and a stranger changes nothing of it."""
    path = confirmed(centre, public, slug, training, "aino@example.org")
    first = ask(public, slug, training, "uusi@example.org")
    again = ask(public, slug, training, "AINO@example.org", name="Joku Muu", language="en")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    ((address, subject, text),) = mails(centre, "enrolment.known")
    assert (address, subject) == ("AINO@example.org", "Olet jo ilmoittautunut: Järjestön talous")
    assert centre.rows("SELECT name, email FROM enrolments WHERE state = 'enrolled'") == [
        ("Aino Esimerkki", "aino@example.org")
    ]
    assert refusal(public.get(path)) == (404, "not-found")
    assert state(public, f"/v1/public/{slug}/enrolments/{token_in(text)}") == ("enrolled", None)
    # One that is not confirmed is what was said last.
    ask(public, slug, training, "uusi@example.org", name="Uusi Nimi")
    assert centre.rows("SELECT name FROM enrolments WHERE state = 'unconfirmed'") == [("Uusi Nimi",)]


def test_no_log_audit_or_event_has_anything_of_those_who_enrol(
    centre: Centre, public: httpx.Client, slug: str, training: str
) -> None:
    path = confirmed(centre, public, slug, training, "salainen@example.org")
    public.post(f"{path}/cancellation")
    for table in ("audit_entries", "outbox", "stored_answers"):
        rows = str(centre.rows(f"SELECT * FROM {table}"))
        assert "salainen" not in rows
        assert path.rpartition("/")[2] not in rows
    assert "salainen" not in str(centre.rows("SELECT * FROM token_mails"))


def test_the_page_of_the_link_has_one_button(centre: Centre, public: httpx.Client, slug: str, training: str) -> None:
    path = requested(centre, public, slug, training, "aino@example.org")
    token = path.rpartition("/")[2]
    for address in (f"/enrolments/{token}", path):
        page = public.get(address, headers={"Accept": "text/html", "Accept-Language": "en"})
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert page.headers["Cache-Control"] == "no-store"
        assert "Confirm your enrolment: Järjestön talous" in page.text
        assert re.findall(r'<form method="post" action="([^"]+)">', page.text) == [f"/enrolments/{token}/confirmation"]
    in_swedish = public.get(f"{path}?lang=sv", headers={"Accept": "text/html"}).text
    assert "Bekräfta din anmälan: Järjestön talous" in in_swedish
    assert state(public, path) == ("unconfirmed", None), "Mail programs open links before people do."
    page = public.post(f"/enrolments/{token}/confirmation")
    assert page.status_code == 200
    assert re.findall(r'action="([^"]+)"', page.text) == [f"/enrolments/{token}/cancellation"]
    assert state(public, path) == ("enrolled", None)
    page = public.post(f"/enrolments/{token}/cancellation")
    assert "<form" not in page.text
    page = public.post(f"/enrolments/{token}/confirmation", headers={"Accept-Language": "en"})
    assert (page.status_code, "The enrolment has ended" in page.text) == (409, True)
    assert public.get(f"/enrolments/{'x' * 64}").status_code == 404


def test_enrolled_people_are_shown_to_those_who_write_the_course_and_copied_when_they_came(
    centre: Centre, public: httpx.Client, slug: str, training: str, manager: Person, staff: Person
) -> None:
    confirmed(centre, public, slug, training, "a@example.org")
    confirmed(centre, public, slug, training, "b@example.org")
    requested(centre, public, slug, training, "c@example.org")
    answer = manager.get(f"{training}/enrolments")
    people = answer.json()["items"]
    assert [(each["email"], each["state"]) for each in people] == [
        ("a@example.org", "enrolled"),
        ("b@example.org", "waiting"),
    ]
    assert manager.get(f"{training}/enrolments?state=waiting").json()["items"] == people[1:]
    assert refusal(staff.get(f"{training}/enrolments")) == (403, "forbidden")
    ids = [each["id"] for each in people]
    copied = manager.post(f"{training}/participants", {"enrolment_ids": ids}, key="once")
    assert copied.status_code == 201, copied.text
    assert "Location" not in copied.headers
    repeated = manager.post(f"{training}/participants", {"enrolment_ids": ids}, key="once")
    assert (repeated.status_code, repeated.json()) == (201, copied.json())
    assert ("Location" not in repeated.headers, repeated.headers["Idempotency-Replayed"]) == (True, "true")
    assert [each["email"] for each in copied.json()["items"]] == ["a@example.org", "b@example.org"]
    assert len(manager.get(f"{training}/participants").json()["items"]) == 2
    again = manager.post(f"{training}/participants", {"enrolment_ids": [ids[1]]})
    assert (refusal(again), again.json()["pointer"]) == ((409, "already-exists"), "/enrolment_ids/0")
    unknown = manager.post(f"{training}/participants", {"enrolment_ids": [str(new_id())]})
    assert (refusal(unknown), unknown.json()["pointer"]) == ((404, "not-found"), "/enrolment_ids/0")
    for body in ({}, {"enrolment_ids": ids, "name": "Aino"}):
        assert refusal(manager.post(f"{training}/participants", body)) == (422, "validation")


def test_there_are_never_fewer_places_than_people_enrolled(
    centre: Centre, public: httpx.Client, slug: str, manager: Person, staff: Person, unit: UUID
) -> None:
    training = approved(manager, staff, unit, enrolment=OFFER | {"places": 2})
    paths = [confirmed(centre, public, slug, training, f"{name}@example.org") for name in "abc"]
    refused = manager.patch(training, {"enrolment": OFFER})
    assert (refusal(refused), refused.json()["pointer"]) == ((409, "quota-exceeded"), "/enrolment/places")
    assert (refused.json()["places"], refused.json()["enrolled"]) == (1, 2)
    assert manager.patch(training, {"enrolment": OFFER | {"places": 3}}).status_code == 200
    assert state(public, paths[2]) == ("enrolled", None)
    assert [address for address, _, _ in mails(centre, "enrolment.moved-up")] == ["c@example.org"]


def test_a_change_of_the_plan_keeps_everyone_enrolled_too(
    centre: Centre, public: httpx.Client, slug: str, manager: Person, staff: Person, unit: UUID
) -> None:
    training = approved(manager, staff, unit, enrolment=OFFER | {"places": 2})
    paths = [confirmed(centre, public, slug, training, f"{name}@example.org") for name in "abc"]
    for places, status in ((1, 409), (3, 200)):
        body = {"sessions": [session("2023-04-16")], "enrolment": OFFER | {"places": places}}
        change = manager.post(f"{training}/changes", body)
        assert change.status_code == 201, change.text
        address = change.headers["Location"]
        assert staff.post(f"{address}/decision", {"outcome": "approved"}).status_code == status
        if status == 409:
            assert manager.post(f"{address}/withdrawal").status_code == 200
    assert state(public, paths[2]) == ("enrolled", None)


def test_the_enrolments_of_a_cancelled_course_end_and_their_people_hear_of_it(
    centre: Centre, public: httpx.Client, slug: str, training: str, manager: Person
) -> None:
    paths = [confirmed(centre, public, slug, training, f"{name}@example.org") for name in "ab"]
    paths.append(requested(centre, public, slug, training, "c@example.org"))
    assert manager.post(f"{training}/cancellation", {"reason": "Ohjaaja sairastui"}).status_code == 200
    assert [state(public, path) for path in paths] == [("cancelled", None)] * 3
    heard = mails(centre, "enrolment.training-cancelled")
    assert [(address, subject) for address, subject, _ in heard] == [
        (f"{name}@example.org", "Koulutus on peruttu: Järjestön talous") for name in "ab"
    ]
    assert centre.rows("SELECT DISTINCT name, email FROM enrolments") == [(None, None)]


def test_an_erasure_ends_the_enrolments_of_the_address(
    centre: Centre, public: httpx.Client, slug: str, training: str, main_user: Person
) -> None:
    paths = [confirmed(centre, public, slug, training, f"{name}@example.org") for name in "ab"]
    body = {"email": "A@example.org", "reason": "Pyyntö"}
    assert centre.main_user(centre.organisation()).post("/v1/participant-erasures", body).status_code in {200, 201}
    assert state(public, paths[0]) == ("enrolled", None)
    assert main_user.post("/v1/participant-erasures", body).json()["participants"] == 0
    assert [state(public, path) for path in paths] == [("cancelled", None), ("enrolled", None)]


def test_a_mailbox_a_course_and_a_network_address_have_their_limits(
    centre: Centre, settings: Settings, slug: str, manager: Person, staff: Person, unit: UUID
) -> None:
    """The mailbox's is silent: nobody learns that it has had its mails."""
    courses = [approved(manager, staff, unit, enrolment=OFFER) for _ in range(6)]
    app = create_app(settings.model_copy(update={"rate_limit_public": 109}))
    with serving(app) as address, httpx.Client(base_url=address, timeout=60, verify=NO_TLS) as client:
        for course in (courses[0], *courses):
            assert ask(client, slug, course).status_code == 202
        assert [address for address, _, _ in mails(centre)] == ["aino@example.org"] * 5
        centre.clock(2023, 3, 15, 13, 1)
        assert ask(client, slug, courses[0]).status_code == 202
        assert len(mails(centre)) == 5, "Five a day, whatever the course."
        centre.clock(2023, 3, 16, 12)
        assert ask(client, slug, courses[0]).status_code == 202
        assert len(mails(centre)) == 6
        of_course = rules.requests_a_day(Enrolment(None, None, places=1, waiting_list=True))
        for number in range(of_course - 1):
            assert ask(client, slug, courses[0], f"{number}@example.org").status_code == 202
        refused = ask(client, slug, courses[0], "viimeinen@example.org")
        assert (refusal(refused), refused.json()["most"]) == ((429, "rate-limited"), of_course)
        refused = ask(client, slug, courses[1], "muu@example.org")
        assert (refusal(refused), refused.json()["limit"]) == ((429, "rate-limited"), "public")
        assert client.get(f"/v1/public/{slug}/trainings").status_code == 200


def test_addresses_are_removed_once_nobody_needs_them(
    centre: Centre, public: httpx.Client, slug: str, training: str
) -> None:
    path = confirmed(centre, public, slug, training, "a@example.org")
    requested(centre, public, slug, training, "b@example.org")
    centre.clock(2023, 3, 18)
    centre.ask(remove_old_addresses)
    assert centre.rows("SELECT email FROM enrolments") == [("a@example.org",)]
    centre.clock(2023, 7, 14)
    centre.ask(remove_old_addresses)
    assert centre.rows("SELECT count(*) FROM enrolments") == [(1,)]
    centre.clock(2023, 7, 15)
    centre.ask(remove_old_addresses)
    assert centre.rows("SELECT count(*) FROM enrolments") == [(0,)]
    assert refusal(public.get(path)) == (404, "not-found")


@pytest.mark.long
def test_five_hundred_confirm_at_the_same_time_for_ten_places(
    centre: Centre, public: httpx.Client, slug: str, manager: Person, staff: Person, unit: UUID
) -> None:
    for waiting_list, others in ((True, {200: 490}), (False, {409: 490})):
        training = approved(manager, staff, unit, enrolment=OFFER | {"places": 10, "waiting_list": waiting_list})
        tokens = [new_token_of(centre, training, number) for number in range(500)]
        with ThreadPoolExecutor(50) as threads:
            answers = list(
                threads.map(lambda token: public.post(f"/v1/public/{slug}/enrolments/{token}/confirmation"), tokens)
            )
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses == Counter({200: 10}) + Counter(others)
        training_id = training.rpartition("/")[2]
        counts = dict(
            centre.rows("SELECT state, count(*) FROM enrolments WHERE subject_id = %s GROUP BY 1", training_id)
        )
        assert counts == {"enrolled": 10, "waiting" if waiting_list else "unconfirmed": 490}
        numbers = [
            number
            for (number,) in centre.rows(
                "SELECT number FROM enrolments WHERE subject_id = %s AND state IN ('enrolled', 'waiting') "
                "ORDER BY state, number",
                training_id,
            )
        ]
        assert numbers == list(range(1, len(numbers) + 1))


def new_token_of(centre: Centre, training: str, number: int) -> str:
    """The token of a request that is written without a mail."""
    token, email = new_token(centre.id), f"{number}@example.org"
    centre.owner.execute(
        "INSERT INTO enrolments (id, subject_type, subject_id, digest, state, name, email, email_key, language, "
        "under_age, requested_at, expires_at) VALUES (%s, 'training', %s, %s, 'unconfirmed', 'Aino', %s, %s, 'fi', "
        "false, '2023-03-15', '2023-03-17')",
        [new_id(), training.rpartition("/")[2], digest_of(token), email, email],
    )
    return token
