"""`/v1/organisations/{id}/logo` and `/v1/organisations/{id}/signature-image`."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, Person, refusal
from tests.images.pictures import SVG, animated, bomb, picture, with_place

BOTH = pytest.mark.parametrize("of", ["logo", "signature-image"])


def path(organisation_id: UUID, of: str = "logo") -> str:
    return f"/v1/organisations/{organisation_id}/{of}"


def put(
    person: Person, address: str, content: bytes | None = None, media_type: str = "image/png", **headers: str
) -> httpx.Response:
    content = picture() if content is None else content
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return person.client.put(address, content=content, headers={"Content-Type": media_type, **headers})


@BOTH
def test_an_organisation_has_one_image_of_each_kind(main_user: Person, central: UUID, of: str) -> None:
    assert refusal(main_user.get(path(central, of))) == (404, "not-found")
    for kind, media_type in (("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")):
        answer = put(main_user, path(central, of), picture(kind), media_type)
        assert answer.status_code == 200
        assert (answer.json()["media_type"], answer.json()["width"], answer.json()["height"]) == ("image/png", 60, 40)
        shown = main_user.get(path(central, of))
        assert shown.headers["Content-Type"] == "image/png"
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert shown.headers["ETag"] == answer.headers["ETag"]
        assert sha256(shown.content).hexdigest() == answer.json()["digest"]
        assert len(shown.content) == answer.json()["size"]


@BOTH
def test_a_stored_image_has_no_metadata(main_user: Person, central: UUID, of: str) -> None:
    put(main_user, path(central, of), with_place("JPEG"), "image/jpeg")
    shown = main_user.get(path(central, of)).content
    assert b"Exif" not in shown
    assert b"Kameratehdas" not in shown
    assert b"eXIf" not in shown


@BOTH
def test_an_image_is_removed(main_user: Person, central: UUID, of: str) -> None:
    assert refusal(main_user.delete(path(central, of))) == (404, "not-found")
    put(main_user, path(central, of))
    assert main_user.delete(path(central, of)).status_code == 204
    assert refusal(main_user.get(path(central, of))) == (404, "not-found")


@BOTH
def test_a_stale_version_is_refused(main_user: Person, central: UUID, of: str) -> None:
    address = path(central, of)
    assert refusal(put(main_user, address, If_Match="*")) == (412, "precondition-failed")
    etag = put(main_user, address).headers["ETag"]
    newer = put(main_user, address, picture(size=(10, 10)), If_Match=etag).headers["ETag"]
    for answer in (put(main_user, address, If_Match=etag), main_user.delete(address, headers={"If-Match": etag})):
        assert refusal(answer) == (412, "precondition-failed")
        assert answer.headers["ETag"] == newer


@BOTH
def test_only_the_first_image_is_taken_if_there_must_be_none_yet(main_user: Person, central: UUID, of: str) -> None:
    address = path(central, of)
    first = put(main_user, address, If_None_Match="*")
    assert first.status_code == 200
    for refused in ("*", first.headers["ETag"], f'"else", W/{first.headers["ETag"]}'):
        answer = put(main_user, address, picture(size=(10, 10)), If_None_Match=refused)
        assert (refusal(answer), answer.headers["ETag"]) == ((412, "precondition-failed"), first.headers["ETag"])
        both = put(main_user, address, picture(size=(10, 10)), If_Match="*", If_None_Match=refused)
        assert refusal(both) == (412, "precondition-failed")
    assert main_user.get(address).headers["ETag"] == first.headers["ETag"]
    assert put(main_user, address, picture(size=(10, 10)), If_None_Match='"else"').status_code == 200


def test_an_unchanged_logo_is_not_sent_again(main_user: Person, central: UUID) -> None:
    etag = put(main_user, path(central)).headers["ETag"]
    assert main_user.get(path(central), headers={"If-None-Match": etag}).status_code == 304


@BOTH
@pytest.mark.parametrize(
    ("content", "media_type", "finding"),
    [
        pytest.param(SVG, "image/png", "not-an-image", id="an SVG with a script"),
        pytest.param(bomb(60_000, 60_000), "image/png", "too-many-pixels", id="a bomb"),
        pytest.param(animated("PNG"), "image/png", "animated", id="an animated PNG"),
        pytest.param(picture("JPEG"), "image/png", "other-type", id="a JPEG that says it is a PNG"),
        pytest.param(picture()[:-40], "image/png", "damaged", id="a picture cut off"),
    ],
)
def test_a_refused_image_leaves_the_one_before(
    centre: Centre, main_user: Person, central: UUID, of: str, content: bytes, media_type: str, finding: str
) -> None:
    etag = put(main_user, path(central, of)).headers["ETag"]
    answer = put(main_user, path(central, of), content, media_type)
    assert refusal(answer) == (422, "image-refused")
    assert answer.json()["finding"] == finding
    assert len(centre.rows("SELECT FROM audit_entries")) == 1
    assert main_user.get(path(central, of)).headers["ETag"] == etag


def test_other_types_and_too_large_files_are_not_read(main_user: Person, central: UUID) -> None:
    for media_type in ("image/svg+xml", "image/gif", "application/json", ""):
        assert refusal(put(main_user, path(central), SVG, media_type)) == (415, "unsupported-media-type")
    assert refusal(put(main_user, path(central), bytes(5 * 1024 * 1024 + 1))) == (413, "payload-too-large")


def test_a_dry_run_draws_the_image_and_stores_nothing(centre: Centre, main_user: Person, central: UUID) -> None:
    assert put(main_user, path(central) + "?validate_only=true").status_code == 200
    answer = put(main_user, path(central) + "?validate_only=true", SVG)
    assert refusal(answer) == (422, "image-refused")
    assert centre.rows("SELECT FROM organisation_images") == []


def test_everybody_within_reach_sees_a_logo(centre: Centre, main_user: Person, central: UUID) -> None:
    put(main_user, path(central))
    for person in (centre.person("training_manager", central), centre.person("auditor"), centre.staff()):
        assert person.get(path(central)).status_code == 200
    stranger = centre.main_user(centre.organisation())
    for organisation_id in (central, new_id()):
        assert refusal(stranger.get(path(organisation_id))) == (404, "not-found")
        assert refusal(put(stranger, path(organisation_id))) == (404, "not-found")


def test_only_its_own_organisation_and_staff_see_a_signature_image(
    centre: Centre, main_user: Person, central: UUID
) -> None:
    put(main_user, path(central, "signature-image"))
    for person in (main_user, centre.staff()):
        answer = person.get(path(central, "signature-image"))
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-cache")
    for person in (centre.person("training_manager", central), centre.person("auditor")):
        assert refusal(person.get(path(central, "signature-image"))) == (403, "forbidden")
    stranger = centre.main_user(centre.organisation())
    assert refusal(stranger.get(path(central, "signature-image"))) == (404, "not-found")


def test_every_use_of_a_signature_image_is_recorded(centre: Centre, main_user: Person, central: UUID) -> None:
    put(main_user, path(central, "signature-image"))
    staff = centre.staff()
    shown = staff.get(path(central, "signature-image"))
    # A client that already has the picture gets no body, but it has seen the picture again.
    staff.get(path(central, "signature-image"), headers={"If-None-Match": shown.headers["ETag"]})
    assert centre.rows("SELECT action, actor_id, organisation_id FROM audit_entries ORDER BY id") == [
        ("signature-image.changed", main_user.id, central),
        ("signature-image.used", staff.id, central),
        ("signature-image.used", staff.id, central),
    ]


@BOTH
def test_a_units_manager_changes_only_the_units_own_image(centre: Centre, central: UUID, of: str) -> None:
    unit = centre.organisation(central)
    manager = centre.person("unit_manager", unit)
    assert put(manager, path(unit, of)).status_code == 200
    assert manager.get(path(unit, of)).status_code == 200
    assert manager.delete(path(unit, of)).status_code == 204
    assert refusal(put(manager, path(central, of))) == (404, "not-found")
    trainer = centre.person("training_manager", unit)
    assert refusal(put(trainer, path(unit, of))) == (403, "forbidden")
    assert refusal(trainer.delete(path(unit, of))) == (403, "forbidden")


def test_one_of_two_simultaneous_uploads_is_kept(centre: Centre, main_user: Person, central: UUID) -> None:
    contents = [picture(size=(10, 10)), picture(size=(20, 20))]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda content: put(main_user, path(central), content), contents))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert main_user.get(path(central)).headers["ETag"] in {answer.headers["ETag"] for answer in answers}
    assert centre.rows("SELECT count(*) FROM organisation_images") == [(1,)]
