"""`/v1/cost-statements/{id}/attachments`: vouchers and lists that go with a statement."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from app.domain.attachments import LARGEST_ATTACHMENT
from app.domain.trainings.cost_statements import MOST_ATTACHMENTS
from tests.api.trainings.conftest import approved, session
from tests.api.trainings.test_cost_statements import decide, drafted, shown
from tests.builders import Centre, Person, refusal
from tests.documents.files import HTML, pdf
from tests.images.pictures import TYPES, bomb, picture

PDF = "application/pdf"


@pytest.fixture
def statement(centre: Centre, manager: Person, staff: Person, unit: UUID) -> str:
    """The draft of a statement after the course."""
    path = drafted(manager, approved(manager, staff, unit))
    centre.clock(2023, 4, 20)
    return path


@pytest.fixture
def path(statement: str) -> str:
    return f"{statement}/attachments"


def add(
    person: Person,
    path: str,
    content: bytes | None = None,
    media_type: str = PDF,
    *,
    name: str = "kuitti.pdf",
    key: str | None = None,
    dry_run: bool = False,
) -> httpx.Response:
    return person.client.post(
        path,
        content=pdf() if content is None else content,
        headers={"Content-Type": media_type} | ({"Idempotency-Key": key} if key else {}),
        params={"name": name, "validate_only": dry_run},
    )


def added(person: Person, path: str, name: str = "kuitti.pdf") -> str:
    answer = add(person, path, name=name)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def kept(centre: Centre) -> int:
    [(number,)] = centre.rows("SELECT count(*)::int FROM cost_statement_attachments")
    return int(number)


@pytest.mark.parametrize(
    ("content", "media_type"), [(pdf(), PDF), *((picture(kind), media_type) for kind, media_type in TYPES.items())]
)
def test_a_file_is_kept_unchanged_and_served_as_a_download(
    manager: Person, staff: Person, path: str, content: bytes, media_type: str
) -> None:
    made = add(manager, path, content, media_type, name="Kuitti 1")
    assert made.status_code == 201, made.text
    facts = made.json()
    assert facts == {
        "id": facts["id"],
        "name": "Kuitti 1",
        "media_type": media_type,
        "size": len(content),
        "digest": sha256(content).hexdigest(),
        "created_by": str(manager.id),
        "created_by_name": "Aino Esimerkki",
        "created_at": "2023-04-20T00:00:00+03:00",
    }
    location = made.headers["Location"]
    assert staff.get(location).json() == facts
    assert staff.get(path).json()["items"] == [facts]
    file = staff.get(f"{location}/file")
    assert (file.content, file.headers["Content-Type"]) == (content, media_type)
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert file.headers["Content-Disposition"].startswith("attachment; ")


def test_a_file_that_is_not_what_it_says_is_refused(centre: Centre, manager: Person, path: str) -> None:
    for content, media_type, finding in (
        (HTML, PDF, "other-type"),
        (picture("JPEG"), "image/png", "other-type"),
        (bomb(60_000, 60_000), "image/png", "too-many-pixels"),
    ):
        answer = add(manager, path, content, media_type)
        assert (refusal(answer), answer.json()["finding"]) == ((422, "attachment-refused"), finding)
    assert refusal(add(manager, path, HTML, "text/html")) == (415, "unsupported-media-type")
    assert refusal(add(manager, path, bytes(LARGEST_ATTACHMENT + 1))) == (413, "payload-too-large")
    assert add(manager, path, dry_run=True).status_code == 201
    assert kept(centre) == 0


def test_attachments_are_fixed_after_the_submission(
    centre: Centre, manager: Person, staff: Person, statement: str, path: str
) -> None:
    first = added(manager, path, "ensimmäinen.pdf")
    shown(manager.post(f"{statement}/submission"))
    for answer in (add(manager, path), manager.delete(first)):
        assert (refusal(answer), answer.json()["state"]) == ((409, "wrong-state"), "submitted")
    shown(decide(staff, statement, "sent_back", reason="Kuitti puuttuu"))
    added(manager, path, "toinen.pdf")
    assert refusal(manager.delete(first, headers={"If-Match": '"other"'})) == (412, "precondition-failed")
    assert manager.delete(first).status_code == 204
    assert refusal(manager.get(f"{first}/file")) == (404, "not-found")
    assert [each["name"] for each in staff.get(path).json()["items"]] == ["toinen.pdf"]
    actions = centre.rows("SELECT action FROM audit_entries WHERE action LIKE 'cost-statement-att%%' ORDER BY id")
    assert [action.rpartition(".")[2] for (action,) in actions] == ["added", "added", "removed"]


def test_writers_add_and_remove_and_staff_and_auditors_read(
    centre: Centre, manager: Person, staff: Person, central: UUID, path: str
) -> None:
    location = added(manager, path)
    asked = (path, location, f"{location}/file")
    beside = [centre.person(role, central) for role in ("observer", "training_manager")]
    for reader in (staff, centre.person("auditor"), *beside):
        for each in asked:
            answer = reader.get(each)
            if reader in beside:
                assert refusal(answer) == (403, "forbidden")
            else:
                assert answer.status_code == 200
        assert refusal(add(reader, path)) == (403, "forbidden")
        assert refusal(reader.delete(location)) == (403, "forbidden")
    outside = centre.main_user(centre.organisation())
    for answer in (outside.get(location), outside.get(f"{location}/file"), add(outside, path)):
        assert refusal(answer) == (404, "not-found")
    assert centre.main_user(central).delete(location).status_code == 204


def test_an_attachment_is_found_in_its_own_statement_only(
    centre: Centre, manager: Person, staff: Person, unit: UUID, path: str
) -> None:
    location = added(manager, path)
    training = approved(manager, staff, unit, sessions=[session("2023-06-15")])
    other = drafted(manager, training)
    attachment_id = location.rpartition("/")[2]
    assert refusal(manager.get(f"{other}/attachments/{attachment_id}")) == (404, "not-found")
    assert refusal(manager.delete(f"{other}/attachments/{attachment_id}")) == (404, "not-found")
    assert refusal(manager.get(f"{path}/{new_id()}/file")) == (404, "not-found")
    assert kept(centre) == 1


def test_a_statement_has_twenty_attachments_also_if_two_come_at_the_same_time(
    centre: Centre, manager: Person, statement: str, path: str
) -> None:
    centre.owner.execute(
        "INSERT INTO cost_statement_attachments "
        "(id, statement_id, name, media_type, size, digest, content, created_by, created_at) "
        "SELECT gen_random_uuid(), %s, 'kuitti.pdf', 'application/pdf', 1, encode(sha256('x'), 'hex'), 'x', %s, now() "
        "FROM generate_series(1, %s)",
        [statement.rpartition("/")[2], manager.id, MOST_ATTACHMENTS - 1],
    )
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: add(manager, path), range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    (refused,) = [answer for answer in answers if answer.status_code == 409]
    assert (refusal(refused), refused.json()["most"]) == ((409, "too-many"), MOST_ATTACHMENTS)
    assert kept(centre) == MOST_ATTACHMENTS


def test_a_repeated_request_adds_one_attachment(centre: Centre, manager: Person, path: str) -> None:
    first, second = (add(manager, path, key="kuitti") for _ in range(2))
    assert (first.status_code, second.status_code, second.json()) == (201, 201, first.json())
    assert kept(centre) == 1
