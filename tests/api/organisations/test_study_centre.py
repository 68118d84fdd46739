"""`/v1/study-centre`."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from app.db.identifiers import new_id
from app.db.organisations.participant_readers import is_participant_reader
from app.domain.hours.ledger import grant, pool_change
from tests.builders import FOREVER, Centre, Person, refusal
from tests.images.pictures import picture

PATH = "/v1/study-centre"


def by_two(person: Person, *, on: bool) -> dict[str, Any]:
    answer = person.patch(PATH, {"decisions_by_two": on})
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    assert person.get(PATH).json() == shown
    return shown


def mailed(centre: Centre) -> list[Any]:
    """The facts of the events that the staff get an email about."""
    event = "study-centre.decisions-by-two-ending"
    return [facts for (facts,) in centre.rows("SELECT facts FROM outbox WHERE event = %s ORDER BY id", event)]


def test_everybody_sees_the_study_centre(centre: Centre, staff: Person) -> None:
    shown = staff.get(PATH).json()
    assert shown == {
        "id": str(centre.id),
        "name": shown["name"],
        "decisions_by_two": False,
        "decisions_by_two_until": None,
        "name_sv": None,
        "name_en": None,
        "business_id": None,
        "address": None,
        "website": None,
        "privacy_notice_url": None,
        "participants_kept_months": 24,
        "completion_years": 2,
        "slug": None,
        "certificate_signatory": None,
        "koski": None,
    }
    assert shown["name"]
    for person in (centre.person(), centre.main_user(centre.organisation()), centre.person("auditor")):
        assert person.get(PATH).json() == shown


def test_only_staff_turn_decisions_by_two_on_and_off(centre: Centre, staff: Person) -> None:
    for person in (centre.main_user(centre.organisation()), centre.person("auditor"), centre.person()):
        assert refusal(person.patch(PATH, {"decisions_by_two": True})) == (403, "forbidden")
    etag = staff.get(PATH).headers["ETag"]
    assert by_two(staff, on=True)["decisions_by_two"] is True
    assert refusal(staff.patch(PATH, {"decisions_by_two": False}, etag=etag)) == (412, "precondition-failed")
    for wrong in (None, "false", 0):
        assert refusal(staff.patch(PATH, {"decisions_by_two": wrong})) == (422, "validation")


def test_staff_change_the_profile(centre: Centre, staff: Person) -> None:
    address = {"street": "Kurssikatu 1", "postal_code": "00100", "city": "Helsinki", "country": "FI"}
    profile = {
        "name": "Opintokeskus Malli",
        "name_sv": "Studiecentralen Modell",
        "name_en": "Study Centre Model",
        "business_id": "1234567-1",
        "address": address,
        "website": "https://www.malli.fi",
        "privacy_notice_url": "https://www.malli.fi/tietosuoja",
        "participants_kept_months": 36,
        "completion_years": 3,
    }
    before = staff.get(PATH)
    answer = staff.patch(PATH, profile)
    assert answer.status_code == 200, answer.text
    assert answer.json() == before.json() | profile
    fetched = centre.person().get(PATH)
    assert (fetched.json(), fetched.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    assert refusal(staff.patch(PATH, {"name": "Muu"}, etag=before.headers["ETag"])) == (412, "precondition-failed")
    # Of the address, too, only what is named changes.
    moved = staff.patch(PATH, {"address": {"street": "Opinpolku 2"}, "name_sv": None}).json()
    assert (moved["address"], moved["name_sv"]) == (address | {"street": "Opinpolku 2"}, None)
    assert staff.patch(PATH, {"address": None}).json()["address"] is None
    audit = centre.rows("SELECT facts FROM audit_entries WHERE action = 'study-centre.changed' ORDER BY id")
    assert [facts for (facts,) in audit] == [
        profile,
        {"address": address | {"street": "Opinpolku 2"}, "name_sv": None},
        {"address": None},
    ]


def test_who_signs_certificates_is_merged_and_not_named_in_the_audit(centre: Centre, staff: Person) -> None:
    title = {"fi": "Koulutusjohtaja", "sv": None, "en": None}
    answer = staff.patch(PATH, {"certificate_signatory": {"name": "Katariina Kurki"}})
    assert refusal(answer) == (422, "validation")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/certificate_signatory/title/fi"]
    first = {"name": "Katariina Kurki", "title": {"fi": "Koulutusjohtaja"}}
    assert staff.patch(PATH, {"certificate_signatory": first}).json()["certificate_signatory"] == {
        "name": "Katariina Kurki",
        "title": title,
    }
    titled = staff.patch(PATH, {"certificate_signatory": {"title": {"sv": "Utbildningsdirektör"}}}).json()
    assert titled["certificate_signatory"]["title"] == title | {"sv": "Utbildningsdirektör"}
    assert titled["certificate_signatory"]["name"] == "Katariina Kurki"
    assert staff.get(PATH).json() == titled
    assert staff.patch(PATH, {"certificate_signatory": None}).json()["certificate_signatory"] is None
    recorded = str(centre.rows("SELECT facts FROM audit_entries") + centre.rows("SELECT facts FROM outbox"))
    assert "Koulutusjohtaja" in recorded
    assert "Kurki" not in recorded


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"certificate_signatory": {"name": None}}, "/certificate_signatory/name"),
        ({"certificate_signatory": {"title": {"fi": ""}}}, "/certificate_signatory/title/fi"),
        ({"business_id": "1234567-2"}, "/business_id"),
        ({"address": {"country": "Finland"}}, "/address/country"),
        ({"website": "malli"}, "/website"),
        ({"privacy_notice_url": "ftp://malli.fi"}, "/privacy_notice_url"),
        ({"participants_kept_months": 0}, "/participants_kept_months"),
        ({"participants_kept_months": 241}, "/participants_kept_months"),
        ({"completion_years": 0}, "/completion_years"),
        ({"completion_years": 21}, "/completion_years"),
        ({"participants_kept_months": None}, "/participants_kept_months"),
        ({"slug": "ab"}, "/slug"),
        ({"slug": "Malli"}, "/slug"),
        ({"slug": "a" * 41}, "/slug"),
        ({"signing_days": 3}, "/signing_days"),
    ],
)
def test_a_wrong_profile_is_refused(staff: Person, body: dict[str, Any], pointer: str) -> None:
    answer = staff.patch(PATH, body)
    assert refusal(answer) == (422, "validation")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_slug_is_chosen_once_and_unique_in_the_service(centre: Centre, staff: Person) -> None:
    slug = f"malli-{str(centre.id)[-12:]}"
    assert staff.patch(PATH, {"slug": None}).json()["slug"] is None
    assert staff.patch(PATH, {"slug": slug}).json()["slug"] == slug
    assert staff.patch(PATH, {"slug": slug, "name": "Muu"}).json()["name"] == "Muu"
    for other in (f"{slug}-2", None):
        answer = staff.patch(PATH, {"slug": other})
        assert (refusal(answer), answer.json()["pointer"]) == ((409, "wrong-state"), "/slug")
        assert (answer.json()["state"], answer.json()["allowed"]) == ("chosen", ["not_chosen"])
    with pytest.raises(psycopg.errors.RestrictViolation):
        centre.owner.execute("UPDATE study_centres SET slug = 'muu'")


def test_a_slug_of_another_study_centre_is_taken(centre: Centre, staff: Person) -> None:
    other, slug = new_id(), f"muu-{str(centre.id)[-12:]}"
    with psycopg.connect(centre.owner.info.dsn, password=centre.owner.info.password, autocommit=True) as owner:
        owner.execute("SELECT set_config('app.study_centre_id', %s, false)", [str(other)])
        owner.execute("INSERT INTO study_centres (id, name, slug) VALUES (%s, 'Toinen', %s)", [other, slug])
    assert refusal(staff.patch(PATH, {"slug": slug})) == (409, "already-exists")


def test_they_are_on_immediately_and_off_from_the_midnight_after_the_next(centre: Centre, staff: Person) -> None:
    assert by_two(staff, on=True) == staff.get(PATH).json()
    centre.clock(2023, 3, 15, 23, 59, 59)
    ending = by_two(staff, on=False)
    assert (ending["decisions_by_two"], ending["decisions_by_two_until"]) == (True, "2023-03-17T00:00:00+02:00")
    centre.clock(2023, 3, 16)
    # Turning them off again puts nothing off.
    assert by_two(staff, on=False) == ending
    centre.clock(2023, 3, 16, 23, 59, 59)
    assert staff.get(PATH).json() == ending
    centre.clock(2023, 3, 17)
    ended = staff.get(PATH).json()
    assert (ended["decisions_by_two"], ended["decisions_by_two_until"]) == (False, None)
    assert by_two(staff, on=False) == ended
    assert by_two(staff, on=True)["decisions_by_two_until"] is None


def test_the_midnight_is_the_one_in_finland_when_the_clocks_change(centre: Centre, staff: Person) -> None:
    by_two(staff, on=True)
    centre.clock(2023, 3, 25, 12)
    assert by_two(staff, on=False)["decisions_by_two_until"] == "2023-03-27T00:00:00+03:00"


def test_turning_them_on_again_cancels_the_end(centre: Centre, staff: Person) -> None:
    by_two(staff, on=True)
    by_two(staff, on=False)
    assert by_two(centre.staff(), on=True)["decisions_by_two_until"] is None
    centre.clock(2023, 4, 1)
    assert staff.get(PATH).json()["decisions_by_two"] is True


def test_all_of_the_staff_get_an_email_when_they_are_turned_off(centre: Centre, staff: Person) -> None:
    by_two(staff, on=True)
    assert mailed(centre) == []
    by_two(staff, on=False)
    by_two(staff, on=False)
    assert mailed(centre) == [{"person_id": str(staff.id), "last_day": "2023-03-16"}]
    by_two(staff, on=True)
    by_two(staff, on=True)
    changes = centre.rows("SELECT facts FROM audit_entries WHERE action = 'study-centre.changed' ORDER BY id")
    assert [facts["decisions_by_two_until"] for (facts,) in changes] == [None, "2023-03-17T00:00:00+02:00", None]


def request(centre: Centre, central: UUID) -> str:
    """A submitted supplementary request for 10 hours of 2023."""
    request_id = new_id()
    centre.owner.execute(
        "INSERT INTO supplementary_hour_requests (id, organisation_id, year, hours, grounds, state, submitted_by, "
        "submitted_at) VALUES (%s, %s, 2023, 10, 'Kysyntä kasvoi', 'submitted', %s, %s)",
        [request_id, central, centre.person().id, FOREVER],
    )
    return str(request_id)


def decide(person: Person, central: UUID, hours: int) -> httpx.Response:
    return person.post(
        "/v1/hour-decisions", {"year": 2023, "items": [{"organisation_id": str(central), "hours": hours}]}
    )


def decide_request(person: Person, request_id: str, hours: int) -> httpx.Response:
    return person.post(f"/v1/supplementary-hour-requests/{request_id}/decision", {"hours": hours})


def decide_requests(person: Person, request_id: str, hours: int) -> httpx.Response:
    items = [{"request_id": request_id, "hours": hours}]
    return person.post("/v1/supplementary-hour-decisions", {"year": 2023, "items": items})


@pytest.fixture
def central(centre: Centre) -> UUID:
    central = centre.organisation()
    centre.post(2023, pool_change(1_000), grant(central, 100))
    return central


def test_one_person_alone_grants_no_hours_then(centre: Centre, staff: Person, central: UUID) -> None:
    by_two(staff, on=True)
    first, second = request(centre, central), request(centre, central)
    for answer in (
        decide(staff, central, 1),
        decide_request(staff, first, 1),
        decide_requests(staff, first, 1),
        staff.post(
            "/v1/supplementary-hour-decisions",
            {"year": 2023, "items": [{"request_id": first, "hours": 0}, {"request_id": second, "hours": 1}]},
        ),
    ):
        assert (refusal(answer), answer.json()["because"]) == ((403, "forbidden"), "decisions-by-two")
    assert centre.rows("SELECT pool FROM hour_pools") == [(900,)]
    # Who may decide nothing learns that first, and what is out of reach stays unknown.
    assert decide(centre.person("auditor"), central, 1).json()["roles"] == ["staff"]
    assert refusal(decide(staff, new_id(), 1)) == refusal(decide_request(staff, str(new_id()), 1)) == (404, "not-found")


def test_one_person_alone_decides_nought_and_corrects(centre: Centre, staff: Person, central: UUID) -> None:
    by_two(staff, on=True)
    assert decide(staff, central, 0).status_code == 201
    assert decide_request(staff, request(centre, central), 0).status_code == 200
    assert decide_requests(staff, request(centre, central), 0).status_code == 201
    correction = {"organisation_id": str(central), "year": 2023, "hours": 5, "reason": "Kirjattu väärin"}
    assert staff.post("/v1/hour-corrections", correction).status_code == 201


def test_turning_them_off_for_a_minute_helps_nobody(centre: Centre, staff: Person, central: UUID) -> None:
    by_two(staff, on=True)
    by_two(staff, on=False)
    request_id = request(centre, central)
    for now in ((2023, 3, 15, 12, 1), (2023, 3, 16), (2023, 3, 16, 23, 59, 59)):
        centre.clock(*now)
        for answer in (decide(staff, central, 1), decide_request(staff, request_id, 1)):
            assert (refusal(answer), answer.json()["because"]) == ((403, "forbidden"), "decisions-by-two")
    centre.clock(2023, 3, 17)
    assert decide(staff, central, 1).status_code == 201
    assert decide_request(staff, request_id, 1).status_code == 200


LOGO = f"{PATH}/logo"


def put_logo(person: Person, content: bytes | None = None, **headers: str) -> httpx.Response:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return person.client.put(LOGO, content=content or picture(), headers={"Content-Type": "image/png", **headers})


def test_the_study_centre_has_one_logo(centre: Centre, staff: Person) -> None:
    everybody = centre.person()
    assert refusal(everybody.get(LOGO)) == refusal(staff.delete(LOGO)) == (404, "not-found")
    first = put_logo(staff, If_None_Match="*")
    assert (first.status_code, first.json()["media_type"], first.json()["width"]) == (200, "image/png", 60)
    shown = everybody.get(LOGO)
    assert (shown.headers["Content-Type"], shown.headers["ETag"]) == ("image/png", first.headers["ETag"])
    assert sha256(shown.content).hexdigest() == first.json()["digest"]
    second = put_logo(staff, picture(size=(10, 10)), If_Match=first.headers["ETag"])
    for stale in (put_logo(staff, If_Match=first.headers["ETag"]), staff.delete(LOGO, headers={"If-Match": '"else"'})):
        assert (refusal(stale), stale.headers["ETag"]) == ((412, "precondition-failed"), second.headers["ETag"])
    assert staff.delete(LOGO).status_code == 204
    assert refusal(everybody.get(LOGO)) == (404, "not-found")
    actions = centre.rows("SELECT action FROM audit_entries ORDER BY id")
    assert actions == [("study-centre-logo.changed",), ("study-centre-logo.changed",), ("study-centre-logo.removed",)]


def test_a_logo_is_a_picture_that_staff_upload(centre: Centre, staff: Person) -> None:
    assert refusal(put_logo(staff, b"<svg/>")) == (422, "image-refused")
    for person in (centre.main_user(centre.organisation()), centre.person("auditor")):
        assert refusal(put_logo(person)) == refusal(person.delete(LOGO)) == (403, "forbidden")


SIGNATURE = f"{PATH}/signature-image"


def test_staff_keep_the_signature_image_and_each_use_is_recorded(centre: Centre, staff: Person) -> None:
    image = {"Content-Type": "image/png"}
    assert refusal(staff.get(SIGNATURE)) == refusal(staff.delete(SIGNATURE)) == (404, "not-found")
    first = staff.client.put(SIGNATURE, content=picture(), headers=image)
    assert (first.status_code, first.json()["width"]) == (200, 60)
    assert sha256(staff.get(SIGNATURE).content).hexdigest() == first.json()["digest"]
    for stale in (
        staff.client.put(SIGNATURE, content=picture(), headers=image | {"If-Match": '"else"'}),
        staff.delete(SIGNATURE, headers={"If-Match": '"else"'}),
    ):
        assert (refusal(stale), stale.headers["ETag"]) == ((412, "precondition-failed"), first.headers["ETag"])
    # The logo is another image.
    assert refusal(staff.get(LOGO)) == (404, "not-found")
    assert refusal(staff.client.put(SIGNATURE, content=b"<svg/>", headers=image)) == (422, "image-refused")
    for person in (centre.main_user(centre.organisation()), centre.person("auditor"), centre.person()):
        put = person.client.put(SIGNATURE, content=picture(), headers=image)
        assert refusal(put) == refusal(person.get(SIGNATURE)) == refusal(person.delete(SIGNATURE)) == (403, "forbidden")
    assert staff.delete(SIGNATURE).status_code == 204
    assert centre.rows("SELECT action, subject_id, actor_id FROM audit_entries ORDER BY id") == [
        (f"study-centre-signature-image.{verb}", centre.id, staff.id) for verb in ("changed", "used", "removed")
    ]


READERS = f"{PATH}/participant-readers"


def put_readers(person: Person, *readers: Person, etag: str | None = None) -> httpx.Response:
    body = {"person_ids": [str(each.id) for each in readers], "reason": "Hoitaa tietopyynnöt"}
    return person.put(READERS, body, headers={"If-Match": etag} if etag else {})


def test_staff_name_those_who_see_participants(centre: Centre, staff: Person) -> None:
    second, third = centre.staff(), centre.staff()
    assert staff.get(READERS).json() == {
        "person_ids": [],
        "reason": None,
        "changed_by": None,
        "changed_by_name": None,
        "changed_at": None,
    }
    answer = put_readers(staff, third, second)
    assert answer.status_code == 200, answer.text
    readers = answer.json()
    assert readers["person_ids"] == sorted([str(second.id), str(third.id)])
    assert (readers["reason"], readers["changed_by"]) == ("Hoitaa tietopyynnöt", str(staff.id))
    fetched = centre.person("auditor").get(READERS)
    assert (fetched.json(), fetched.headers["ETag"]) == (readers, answer.headers["ETag"])
    etag = answer.headers["ETag"]
    # Who is in the list may keep the place in it.
    assert put_readers(second, second, etag=etag).json()["person_ids"] == [str(second.id)]
    assert refusal(put_readers(staff, third, etag=etag)) == (412, "precondition-failed")
    assert put_readers(second).json()["person_ids"] == []
    [(reason, facts), *_] = centre.rows(
        "SELECT reason, facts FROM audit_entries WHERE action = 'participant-readers.changed' ORDER BY id"
    )
    assert (reason, facts) == ("Hoitaa tietopyynnöt", {"person_ids": readers["person_ids"]})


def test_nobody_adds_themselves_or_a_person_who_is_not_staff(centre: Centre, staff: Person) -> None:
    own = put_readers(staff, centre.staff(), staff)
    assert (refusal(own), own.json()["because"]) == ((403, "forbidden"), "own-matter")
    assert own.json()["pointer"] == "/person_ids/1"
    main_user = centre.main_user(centre.organisation())
    for other in (main_user, centre.person("auditor"), Person(new_id(), staff.client)):
        answer = put_readers(staff, centre.staff(), other)
        assert refusal(answer) == (422, "validation")
        assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [("/person_ids/1", "not-staff")]
    second = centre.staff()
    assert refusal(put_readers(staff, second, second)) == (422, "validation")
    assert refusal(put_readers(main_user, second)) == refusal(main_user.get(READERS)) == (403, "forbidden")
    assert refusal(put_readers(centre.person("auditor"), second)) == (403, "forbidden")


def test_a_reader_is_known_by_any_of_the_own_ids(centre: Centre, staff: Person) -> None:
    second, other = centre.staff(), centre.staff()
    put_readers(staff, second)

    def reads(*people: Person) -> bool:
        return centre.ask(lambda connection: is_participant_reader(connection, [each.id for each in people]))

    assert (reads(second), reads(other), reads(other, second), reads()) == (True, False, True, False)
