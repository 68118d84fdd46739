"""`/v1/cases/…/attachments`: files that the two sides of a case give each other and keep for themselves."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from app.domain.attachments import LARGEST_ATTACHMENT
from app.domain.hours.case_attachments import MOST_ATTACHMENTS
from app.domain.hours.ledger import pool_change, supplementary_grant
from tests.api.hours.conftest import League
from tests.api.people.candidates import Candidate
from tests.builders import Centre, Person, refusal
from tests.documents.files import HTML, archive, pdf
from tests.images.pictures import SVG, TYPES, bomb, picture

PDF = "application/pdf"


@pytest.fixture
def request_(centre: Centre, main_user: Person, central: UUID) -> str:
    centre.change_window()
    body = {"organisation_id": str(central), "year": 2023, "hours": 10, "grounds": "Kysyntä kasvoi"}
    return str(main_user.post("/v1/supplementary-hour-requests", body).headers["Location"])


@pytest.fixture
def case(request_: str) -> str:
    """The attachments of a request."""
    return of(request_)


def of(path: str) -> str:
    return path.replace("/v1/", "/v1/cases/") + "/attachments"


def add(
    person: Person,
    path: str,
    content: bytes | None = None,
    media_type: str = PDF,
    *,
    name: str = "liite.pdf",
    visible_to: str = "both",
    key: str | None = None,
    dry_run: bool = False,
) -> httpx.Response:
    return person.client.post(
        path,
        content=pdf() if content is None else content,
        headers={"Content-Type": media_type} | ({"Idempotency-Key": key} if key else {}),
        params={"name": name, "visible_to": visible_to, "validate_only": dry_run},
    )


def added(person: Person, path: str, **options: Any) -> str:
    answer = add(person, path, **options)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def names(reader: Person, path: str) -> list[str]:
    listed = reader.get(path)
    assert listed.status_code == 200, listed.text
    return [item["name"] for item in listed.json()["items"]]


def recorded(centre: Centre) -> list[str]:
    return [
        action
        for (action,) in centre.rows("SELECT action FROM audit_entries WHERE action LIKE 'case-att%%' ORDER BY id")
    ]


@pytest.mark.parametrize(
    ("content", "media_type"), [(pdf(), PDF), *((picture(kind), media_type) for kind, media_type in TYPES.items())]
)
def test_a_file_is_kept_unchanged_and_served_as_a_download(
    main_user: Person, staff: Person, case: str, content: bytes, media_type: str
) -> None:
    made = add(main_user, case, content, media_type, name="Kurssit ja tilat")
    assert made.status_code == 201, made.text
    facts = made.json()
    assert facts | {"id": None, "created_by_name": None} == {
        "id": None,
        "name": "Kurssit ja tilat",
        "media_type": media_type,
        "size": len(content),
        "digest": sha256(content).hexdigest(),
        "visible_to": "both",
        "side": "organisation",
        "created_by": str(main_user.id),
        "created_by_name": None,
        "created_at": "2023-03-15T12:00:00+02:00",
    }
    assert facts["created_by_name"]
    location = made.headers["Location"]
    for reader in (main_user, staff):
        assert reader.get(location).json() == facts
        assert reader.get(case).json()["items"] == [facts]
    file = staff.get(f"{location}/file")
    assert file.content == content
    assert file.headers["Content-Type"] == media_type
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert file.headers["Content-Disposition"].startswith("attachment; ")
    unchanged = staff.get(f"{location}/file", headers={"If-None-Match": file.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("liite.pdf", "filename=\"liite.pdf\"; filename*=UTF-8''liite.pdf"),
        ("Liite 1.PDF", "filename=\"Liite 1.PDF\"; filename*=UTF-8''Liite%201.PDF"),
        (
            "Täydennys – €.pdf",
            "filename=\"T_ydennys _ _.pdf\"; filename*=UTF-8''T%C3%A4ydennys%20%E2%80%93%20%E2%82%AC.pdf",
        ),
        ("ohje.html", "filename=\"ohje.html.pdf\"; filename*=UTF-8''ohje.html.pdf"),
        ('a"; filename=b.exe', "filename=\"a__ filename=b.exe.pdf\"; filename*=UTF-8''a%22%3B%20filename%3Db.exe.pdf"),
        ("../..\\etc/x.pdf", "filename=\".._.._etc_x.pdf\"; filename*=UTF-8''.._.._etc_x.pdf"),
        ("50%41.pdf", "filename=\"50_41.pdf\"; filename*=UTF-8''50%2541.pdf"),
    ],
)
def test_a_name_is_written_for_all_programs(main_user: Person, case: str, name: str, disposition: str) -> None:
    location = added(main_user, case, name=name)
    assert main_user.get(location).json()["name"] == name
    assert main_user.get(f"{location}/file").headers["Content-Disposition"] == f"attachment; {disposition}"


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\nb.pdf", "a\u202efdp.exe"])
def test_a_name_is_a_line_that_can_be_read(main_user: Person, case: str, name: str) -> None:
    assert refusal(add(main_user, case, name=name)) == (422, "validation")
    assert refusal(add(main_user, case, visible_to="all")) == (422, "validation")


@pytest.mark.parametrize(
    ("content", "media_type", "finding"),
    [
        pytest.param(HTML, PDF, "other-type", id="HTML as PDF"),
        pytest.param(SVG, "image/png", "other-type", id="SVG as PNG"),
        pytest.param(picture("JPEG"), "image/png", "other-type", id="JPEG as PNG"),
        pytest.param(picture() + archive(), "image/png", "other-contents", id="a PNG that is an archive too"),
        pytest.param(pdf() + archive(), PDF, "other-contents", id="a PDF that is an archive too"),
        pytest.param(bomb(60_000, 60_000), "image/png", "too-many-pixels", id="a bomb"),
        pytest.param(b"", PDF, "other-type", id="nothing"),
    ],
)
def test_an_attachment_that_lies_is_refused(
    centre: Centre, main_user: Person, case: str, content: bytes, media_type: str, finding: str
) -> None:
    refused = add(main_user, case, content, media_type)
    assert (refusal(refused), refused.json()["finding"]) == ((422, "attachment-refused"), finding)
    assert centre.rows("SELECT FROM case_attachments") == []
    assert recorded(centre) == []


def test_other_types_and_too_large_files_are_not_read(main_user: Person, case: str) -> None:
    for media_type in ("image/svg+xml", "text/html", "application/zip", ""):
        assert refusal(add(main_user, case, HTML, media_type)) == (415, "unsupported-media-type")
    assert refusal(add(main_user, case, bytes(LARGEST_ATTACHMENT + 1))) == (413, "payload-too-large")
    more = len(pdf(words=bytes(LARGEST_ATTACHMENT))) - LARGEST_ATTACHMENT
    full = pdf(words=bytes(LARGEST_ATTACHMENT - more))
    assert len(full) == LARGEST_ATTACHMENT
    assert add(main_user, case, full).status_code == 201


def test_each_side_has_files_for_both_and_its_own(centre: Centre, main_user: Person, staff: Person, case: str) -> None:
    added(main_user, case, name="yhteinen.pdf")
    own = added(main_user, case, name="järjestön.pdf", visible_to="own_side")
    staffs = added(staff, case, name="henkilöstön.pdf", visible_to="own_side")
    added(staff, case, name="vastaus.pdf")
    assert names(main_user, case) == ["vastaus.pdf", "järjestön.pdf", "yhteinen.pdf"]
    auditor = centre.person("auditor")
    for reader in (staff, auditor):
        assert names(reader, case) == ["vastaus.pdf", "henkilöstön.pdf", "yhteinen.pdf"]
    for reader, hidden in ((main_user, staffs), (staff, own), (auditor, own)):
        for path in (hidden, f"{hidden}/file"):
            assert refusal(reader.get(path)) == (404, "not-found")
    assert refusal(main_user.delete(staffs)) == (404, "not-found")
    assert auditor.get(f"{staffs}/file").status_code == 200
    listed = main_user.get(case, params={"limit": 1, "include": "total"}).json()
    assert (len(listed["items"]), listed["total"]) == (1, 3)
    assert recorded(centre) == [
        "case-attachment.sent-to-staff",
        "case-attachment.added",
        "case-attachment.added",
        "case-attachment.sent-to-main-users",
    ]
    seen = [entry["action"] for entry in main_user.get("/v1/audit-entries").json()["items"]]
    assert seen.count("case-attachment.added") == 1


def test_others_within_reach_are_forbidden_and_out_of_reach_find_nothing(
    centre: Centre, central: UUID, main_user: Person, case: str
) -> None:
    location = added(main_user, case)
    within, auditor = centre.person("training_manager", central), centre.person("auditor")
    outside = centre.main_user(centre.organisation())
    for path in (case, location, f"{location}/file"):
        assert refusal(within.get(path)) == (403, "forbidden")
        assert refusal(outside.get(path)) == (404, "not-found")
        assert auditor.get(path).status_code == 200
    for person, status in ((within, 403), (auditor, 403), (outside, 404)):
        assert add(person, case).status_code == status
        assert person.delete(location).status_code == status


def test_an_attachment_is_found_in_its_own_case_only(central: UUID, main_user: Person, case: str) -> None:
    location = added(main_user, case)
    body = {"organisation_id": str(central), "year": 2023, "hours": 5, "grounds": "Lisää"}
    other = of(str(main_user.post("/v1/supplementary-hour-requests", body).headers["Location"]))
    attachment_id = location.rpartition("/")[2]
    assert refusal(main_user.get(f"{other}/{attachment_id}")) == (404, "not-found")
    assert refusal(main_user.delete(f"{other}/{attachment_id}")) == (404, "not-found")
    assert refusal(main_user.get(f"{case}/{new_id()}/file")) == (404, "not-found")


def test_only_who_added_it_removes_an_attachment(
    centre: Centre, central: UUID, main_user: Person, staff: Person, case: str
) -> None:
    location = added(main_user, case)
    for other in (staff, centre.main_user(central)):
        refused = other.delete(location)
        assert (refusal(refused), refused.json()["because"]) == ((403, "forbidden"), "not-the-author")
    assert refusal(main_user.delete(location, headers={"If-Match": '"other"'})) == (412, "precondition-failed")
    tag = main_user.get(location).headers["ETag"]
    assert main_user.delete(location, headers={"If-Match": tag}).status_code == 204
    for path in (location, f"{location}/file"):
        assert refusal(main_user.get(path)) == (404, "not-found")
    assert refusal(main_user.delete(location)) == (404, "not-found")
    assert names(staff, case) == []
    assert recorded(centre) == ["case-attachment.sent-to-staff", "case-attachment.removed"]
    assert centre.rows("SELECT FROM case_attachments") == []


def test_of_two_removals_at_the_same_time_one_finds_it_and_it_is_recorded_once(
    centre: Centre, main_user: Person, case: str
) -> None:
    location = added(main_user, case)
    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(main_user.delete, [location, location]))
    assert statuses == [204, 404]
    assert recorded(centre).count("case-attachment.removed") == 1


def test_a_case_has_ten_attachments_also_if_two_come_at_the_same_time(
    centre: Centre, main_user: Person, staff: Person, case: str
) -> None:
    locations = [added(main_user, case) for _ in range(MOST_ATTACHMENTS - 2)]
    added(staff, case, visible_to="own_side")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda person: add(person, case), [main_user, staff]))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    (refused,) = [answer for answer in answers if answer.status_code == 409]
    assert (refusal(refused), refused.json()["most"]) == ((409, "too-many"), MOST_ATTACHMENTS)
    assert centre.rows("SELECT count(*) FROM case_attachments") == [(MOST_ATTACHMENTS,)]
    assert main_user.delete(locations[0]).status_code == 204
    assert add(main_user, case).status_code == 201


def test_nothing_is_added_to_or_removed_from_a_case_that_has_ended(
    main_user: Person, staff: Person, request_: str, case: str
) -> None:
    location = added(main_user, case)
    assert main_user.post(f"{request_}/withdrawal", key=False).status_code == 200
    for refused in (add(main_user, case), add(staff, case), main_user.delete(location)):
        assert (refusal(refused), refused.json()["state"]) == ((409, "wrong-state"), "withdrawn")
    assert main_user.get(f"{location}/file").content == pdf()


def test_a_return_takes_attachments_while_its_year_is_open(
    centre: Centre, central: UUID, main_user: Person, staff: Person
) -> None:
    centre.change_window()
    centre.post(2023, pool_change(1000), supplementary_grant(central, 500))
    booked = main_user.post("/v1/hour-returns", {"organisation_id": str(central), "year": 2023, "hours": 1})
    path = of(booked.headers["Location"])
    location = added(main_user, path)
    centre.close(2023)
    for refused in (add(staff, path), main_user.delete(location)):
        assert refusal(refused) == (409, "wrong-state")
    assert names(staff, path) == ["liite.pdf"]


def test_a_units_proposal_is_between_its_managers_and_the_main_users(league: League) -> None:
    path = of(f"/v1/hour-proposals/{league.submitted(league.manager, league.district)['id']}")
    staff = league.centre.staff()
    added(league.manager, path, name="piirin.pdf", visible_to="own_side")
    added(league.manager, path, name="molempien.pdf")
    added(league.main_user, path, name="liiton.pdf", visible_to="own_side")
    assert names(league.manager, path) == ["molempien.pdf", "piirin.pdf"]
    assert names(league.main_user, path) == ["liiton.pdf", "molempien.pdf"]
    for reader in (staff, league.centre.person("auditor")):
        assert names(reader, path) == ["molempien.pdf"]
    assert refusal(add(staff, path)) == (403, "forbidden")


def test_an_application_is_between_its_parties_and_the_staff(centre: Centre) -> None:
    candidate = Candidate.of(centre, signatory_in_person=True)
    path = of(candidate.submitted())
    assert candidate.signatory
    added(candidate.applicant, path, name="hakijan.pdf", visible_to="own_side")
    added(candidate.staff, path, name="opintokeskuksen.pdf")
    assert names(candidate.signatory, path) == ["opintokeskuksen.pdf", "hakijan.pdf"]
    assert names(candidate.staff, path) == ["opintokeskuksen.pdf"]
    assert recorded(centre)[-1] == "case-attachment.sent-to-applicant"


def test_a_moved_units_new_main_user_has_no_part_in_its_old_cases(league: League) -> None:
    proposal = league.submitted(league.manager, league.district)
    path = f"/v1/cases/hour-proposals/{proposal['id']}"
    location = added(league.main_user, f"{path}/attachments", visible_to="own_side")
    comment = {"text": "Vain liiton sisällä", "visible_to": "own_side"}
    assert league.main_user.post(f"{path}/comments", comment).status_code == 201
    assert league.manager.post(f"/v1/hour-proposals/{proposal['id']}/withdrawal", key=False).status_code == 200
    other = league.centre.organisation(name="Toinen liitto")
    new_main_user, staff = league.centre.main_user(other), league.centre.staff()
    district = f"/v1/organisations/{league.district}"
    moved = staff.patch(district, {"parent_id": str(other)}, etag=staff.get(district).headers["ETag"])
    assert moved.status_code == 200, moved.text
    assert new_main_user.get(f"/v1/hour-proposals/{proposal['id']}").status_code == 200
    for asked in (f"{path}/comments", f"{path}/attachments", location, f"{location}/file"):
        assert refusal(new_main_user.get(asked)) == (403, "forbidden")
        assert refusal(league.main_user.get(asked)) == (404, "not-found")
    assert names(league.manager, f"{path}/attachments") == []


def test_a_dry_run_examines_the_file_and_keeps_nothing(centre: Centre, main_user: Person, case: str) -> None:
    assert add(main_user, case, dry_run=True).status_code == 201
    assert refusal(add(main_user, case, HTML, dry_run=True)) == (422, "attachment-refused")
    assert centre.rows("SELECT FROM case_attachments") == []


def test_a_repeated_request_adds_one_attachment(centre: Centre, main_user: Person, case: str) -> None:
    first, second = (add(main_user, case, key="liite") for _ in range(2))
    assert (first.status_code, second.status_code, second.json()) == (201, 201, first.json())
    assert refusal(add(main_user, case, name="toinen.pdf", key="liite")) == (422, "idempotency-key-reused")
    assert centre.rows("SELECT count(*) FROM case_attachments") == [(1,)]


def test_attachments_are_exported_and_survive_an_erasure_without_the_name(
    centre: Centre, central: UUID, staff: Person, case: str
) -> None:
    author = centre.main_user(central)
    location = added(author, case, name="Tekijän liite.pdf")
    exported = author.get(f"/v1/people/{author.id}/data").json()
    assert "Tekijän liite.pdf" in str(exported)
    centre.main_user(central)
    assert author.post(f"/v1/people/{author.id}/erasure", {"reason": "Pyyntö"}).status_code == 200
    assert staff.get(location).json()["created_by_name"] is None
    assert staff.get(f"{location}/file").content == pdf()


def test_who_remains_of_two_merged_people_removes_what_the_other_added(
    centre: Centre, central: UUID, staff: Person, case: str
) -> None:
    person, other = centre.main_user(central), centre.main_user(central)
    location = added(other, case)
    merged = staff.post(f"/v1/people/{person.id}/merger", {"person_id": str(other.id), "reason": "Sama ihminen"})
    assert merged.status_code == 200, merged.text
    assert staff.get(location).json()["created_by"] == str(other.id)
    assert person.delete(location).status_code == 204
