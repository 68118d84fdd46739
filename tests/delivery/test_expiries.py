"""The applicant gets a mail when a main-user application expires."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.api.people.candidates import Candidate
from tests.builders import Centre

EXPIRED = "main-user-application.expired"


def test_the_applicant_gets_one_mail_when_the_application_expires(
    centre: Centre, expire: Callable[[], None], make: Callable[[], None]
) -> None:
    candidate = Candidate.of(centre)
    location = candidate.submitted()
    centre.clock(2023, 5, 14, 23, 59, 59)
    expire()
    assert centre.rows("SELECT count(*) FROM outbox WHERE event = %s", EXPIRED) == [(0,)]
    centre.clock(2023, 5, 15)
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(expire) for _ in range(3)]:
            done.result()
    expire()
    assert candidate.applicant.get(location).json()["state"] == "expired"
    page = candidate.staff.get("/v1/audit-entries", params={"action": EXPIRED})
    (entry,) = page.json()["items"]
    assert entry["actor"] == {"id": None, "kind": "service", "name": None}
    assert entry["request_id"] is None
    assert entry["subject_id"] == location.rsplit("/")[-1]
    assert entry["made_at"] == "2023-05-15T00:00:00+03:00"
    make()
    mailed = centre.rows("SELECT person_id, state FROM mails WHERE event = %s", EXPIRED)
    assert mailed == [(candidate.applicant.id, "due")]
    assert candidate.applicant.post("/v1/main-user-applications", candidate.asked()).status_code == 201
    assert centre.rows("SELECT count(*) FROM outbox WHERE event = %s", EXPIRED) == [(1,)]
