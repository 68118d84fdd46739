"""Badges: definitions, applications and credentials, verified by a library that is not ours (rulebook §3.11)."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc.jwk import RSAKey
from openbadgeslib.baking import ITXT_KEYWORD_OB3
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier
from PIL import Image

from app.db.identifiers import new_id
from app.domain.people.badge_credentials import USED_OF_LIST
from app.images.baking import baked
from app.settings import Settings
from tests.api.people.badges import (
    APPLICATIONS,
    DEFINITIONS,
    HELD,
    TEXTS,
    accepted,
    apply,
    body,
    credential_of,
    decide,
    draft,
    granted,
    named,
    picture,
    published,
    upload,
)
from tests.builders import Centre, Person, refusal
from tests.server import serving_publicly


@pytest.fixture
def centre(centre: Centre, public_service: str) -> Centre:
    centre.address = public_service
    return named(centre)


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def header(token: str) -> dict[str, Any]:
    part = token.split(".")[0]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def fetch(address: str) -> bytes:
    answer = httpx.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    return answer.content


def verifier_of(token: str) -> OB3Verifier:
    """With the key that the badge names, fetched from the service."""
    return OB3Verifier(RSAKey.import_key(json.loads(fetch(header(token)["kid"]))).as_pem(private=False))


def verify(token: str) -> None:
    """As a stranger does: signature, time, shape, and the bit in the status list with the list's own signature."""
    verifier_of(token).verify(token, check_status=True, download=fetch)


def test_a_badge_is_verified_by_another_library(centre: Centre, central: UUID, main_user: Person) -> None:
    staff = centre.staff()
    application = accepted(staff, main_user, central)
    assert (application["state"], application["public"]) == ("accepted", False)
    token = credential_of(main_user, application)
    verify(token)
    assert token == credential_of(staff, application)
    assert {*header(token)} == {"alg", "kid", "typ"}
    assert (header(token)["alg"], header(token)["typ"]) == ("RS256", "JWT")
    payload = claims(token)
    assert (payload["iss"], payload["jti"]) == (payload["issuer"]["id"], payload["id"])
    assert payload["sub"] == payload["credentialSubject"]["id"]
    assert payload["sub"].startswith("urn:uuid:")
    assert payload["validFrom"] == "2023-03-15T10:00:00Z"
    assert payload["nbf"] == 1_678_874_400
    assert not {"exp", "validUntil"} & {*payload}
    achievement = payload["credentialSubject"]["achievement"]
    assert json.loads(fetch(achievement["id"])) == achievement
    assert (achievement["inLanguage"], achievement["name"]) == ("fi", TEXTS["fi"])
    issuer = json.loads(fetch(payload["iss"]))
    assert {name: issuer[name] for name in payload["issuer"]} == payload["issuer"]
    keys = json.loads(fetch(payload["iss"].replace("/issuer", "/keys")))["keys"]
    assert [key["kid"] for key in keys] == [header(token)["kid"]]


@pytest.mark.parametrize("language", TEXTS)
def test_the_achievement_is_fetched_as_the_badge_has_it_in_each_language(
    centre: Centre, central: UUID, main_user: Person, language: str
) -> None:
    centre.owner.execute("UPDATE persons SET language = %s WHERE id = %s", [language, main_user.id])
    token = credential_of(main_user, accepted(centre.staff(), main_user, central))
    verify(token)
    achievement = claims(token)["credentialSubject"]["achievement"]
    assert (achievement["inLanguage"], achievement["name"]) == (language, TEXTS[language])
    assert achievement["id"].endswith(f"?language={language}")
    assert json.loads(fetch(achievement["id"])) == achievement


def test_nothing_public_names_the_earner(centre: Centre, central: UUID, main_user: Person) -> None:
    application = accepted(centre.staff(), main_user, central)
    main_user.put(f"{APPLICATIONS}/{application['id']}/visibility", {"public": True})
    payload = claims(credential_of(main_user, application))
    assert json.loads(fetch(payload["id"])) == payload
    listed = fetch(payload["credentialStatus"]["statusListCredential"]).decode()
    texts = json.dumps([payload, claims(listed), json.loads(fetch(payload["iss"]))])
    for named_text in ("Aino", "Esimerkki Aino", "example.org", str(main_user.id), str(central), "Marttaliitto"):
        assert named_text not in texts
    (identifier,) = payload["credentialSubject"]["identifier"]
    assert (identifier["type"], identifier["identityType"]) == ("IdentityObject", "emailAddress")
    assert identifier["identityHash"].startswith("sha256$")


@pytest.mark.parametrize("part", [1, 2])
def test_a_badge_with_one_bit_turned_is_refused(centre: Centre, central: UUID, main_user: Person, part: int) -> None:
    token = credential_of(main_user, accepted(centre.staff(), main_user, central))
    parts = token.split(".")
    content = bytearray(base64.urlsafe_b64decode(parts[part] + "=" * (-len(parts[part]) % 4)))
    place = content.index(b"OpenBadgeCredential") if part == 1 else 7
    content[place + 18] ^= 1
    parts[part] = base64.urlsafe_b64encode(bytes(content)).decode().rstrip("=")
    with pytest.raises(OB3VerificationError, match="Invalid signature"):
        verifier_of(token).verify(".".join(parts))


def test_a_badge_signed_by_another_key_is_refused(centre: Centre, central: UUID, main_user: Person) -> None:
    token = credential_of(main_user, accepted(centre.staff(), main_user, central))
    content = json.dumps(claims(token)).encode()
    forged = jws.serialize_compact(header(token), content, RSAKey.generate_key(2_048), algorithms=["RS256"])
    with pytest.raises(OB3VerificationError, match="Invalid signature"):
        verifier_of(token).verify(forged)


def test_a_badge_of_a_replaced_key_stays_valid(
    centre: Centre, central: UUID, main_user: Person, settings: Settings, tmp_path: Path
) -> None:
    """The address must stay: both services have the same one, one after the other."""
    staff = centre.staff()
    token = credential_of(main_user, accepted(staff, main_user, central))
    file = tmp_path / "new.pem"
    key = rsa.generate_private_key(65_537, 2_048)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with serving_publicly(settings, badge_keys=[file, *settings.badge_keys]) as address:
        origin = centre.address

        def moved(at: str) -> bytes:
            return fetch(at.replace(origin, address))

        old = json.loads(moved(header(token)["kid"]))
        OB3Verifier(RSAKey.import_key(old).as_pem(private=False)).verify(token)
        keys = json.loads(moved(claims(token)["iss"].replace("/issuer", "/keys")))["keys"]
        assert len(keys) == 2
        assert keys[0]["n"] != old["n"] == keys[1]["n"]
        centre.address = address
        other = centre.main_user(central)
        as_staff = Person(staff.id, centre.signed_in(staff.id))
        fresh = credential_of(other, accepted(as_staff, other, central))
        assert header(fresh)["kid"] == keys[0]["kid"]
        verify(fresh)


def test_a_revocation_is_in_the_status_list_from_then_on(centre: Centre, central: UUID, main_user: Person) -> None:
    staff = centre.staff()
    definition = published(staff)
    application = accepted(staff, main_user, central, definition)
    other = centre.main_user(central)
    kept = credential_of(other, accepted(staff, other, central, definition))
    main_user.put(f"{APPLICATIONS}/{application['id']}/visibility", {"public": True})
    token = credential_of(main_user, application)
    verify(token)
    answer = staff.post(f"{APPLICATIONS}/{application['id']}/revocation", {"reason": "Myönnetty erehdyksessä"})
    assert (answer.status_code, answer.json()["state"]) == (200, "revoked")
    with pytest.raises(OB3VerificationError, match="is set at index"):
        verify(token)
    verify(kept)
    status = claims(token)["credentialStatus"]
    listed = claims(fetch(status["statusListCredential"]).decode())
    assert "erehdyksessä" not in json.dumps(listed, ensure_ascii=False)
    assert httpx.get(claims(token)["id"]).status_code == 404
    assert credential_of(main_user, application) == token
    assert 0 <= int(status["statusListIndex"]) < 131_072
    assert refusal(staff.post(f"{APPLICATIONS}/{application['id']}/revocation", {"reason": "Taas"})) == (
        409,
        "wrong-state",
    )


def fill_list(centre: Centre, free: int) -> None:
    """Take all but so many of the bits that the first status list gives away, where one badge is already."""
    centre.owner.execute(
        """
        INSERT INTO badge_applications (id, definition_id, person_id, organisation_id, state, criteria, applied_at,
            decided_by, decided_at, answered_at, revoked_by, revoked_at, list_number, list_index)
        SELECT gen_random_uuid(), definition_id, person_id, organisation_id, 'revoked', criteria, applied_at,
            decided_by, decided_at, answered_at, decided_by, answered_at, list_number, bit
        FROM badge_applications, generate_series(0, 131071) bit WHERE bit <> list_index LIMIT %s
        """,
        [USED_OF_LIST - 1 - free],
    )


def test_a_badge_gets_a_free_bit_and_a_full_list_is_followed_by_another(
    centre: Centre, central: UUID, main_user: Person
) -> None:
    staff = centre.staff()
    accepted(staff, main_user, central)
    fill_list(centre, free=4)
    taken = {bit for (bit,) in centre.rows("SELECT list_index FROM badge_applications")}
    tokens = [credential_of(main_user, accepted(staff, main_user, central)) for _ in range(5)]
    statuses = [claims(token)["credentialStatus"] for token in tokens]
    assert [status["statusListCredential"].rpartition("/")[2] for status in statuses] == ["1"] * 4 + ["2"]
    # A half of all bits is taken: four that are chosen without a look at them are rarely all free.
    bits = {int(status["statusListIndex"]) for status in statuses[:4]}
    assert len(bits) == 4
    assert not bits & taken
    for token in (tokens[0], tokens[4]):
        verify(token)


def test_who_reads_why_a_badge_was_revoked(centre: Centre, central: UUID, main_user: Person) -> None:
    staff, auditor, other = centre.staff(), centre.person("auditor"), centre.main_user(central)
    path = f"{APPLICATIONS}/{accepted(staff, main_user, central)['id']}"
    staff.post(f"{path}/revocation", {"reason": "Myönnetty erehdyksessä"})
    for reader in (staff, auditor, main_user):
        assert reader.get(path).json()["revocation_reason"] == "Myönnetty erehdyksessä"
    assert refusal(other.get(path)) == (404, "not-found")
    entries = other.get("/v1/audit-entries", params={"action": "badge-application.revoked"}).json()["items"]
    assert [entry["reason"] for entry in entries] == ["Myönnetty erehdyksessä"]


def test_the_image_contains_the_credential_once(
    centre: Centre, central: UUID, main_user: Person, tmp_path: Path
) -> None:
    staff = centre.staff()
    made = draft(staff)
    # A file in which a badge is baked already: the picture is drawn again without it.
    assert upload(staff, made["id"], baked(picture("teal"), "eyJ.eyJ.sig")).status_code == 200
    staff.post(f"{DEFINITIONS}/{made['id']}/publication")
    bare = main_user.get(f"{DEFINITIONS}/{made['id']}/image").content
    assert ITXT_KEYWORD_OB3 not in bare
    application = accepted(staff, main_user, central, made)
    answer = main_user.get(f"{APPLICATIONS}/{application['id']}/image")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.content.count(ITXT_KEYWORD_OB3) == 1
    assert OB3Verifier.extract_token_from_png(answer.content) == credential_of(main_user, application)
    file = tmp_path / "badge.png"
    file.write_bytes(answer.content)
    with Image.open(file) as image:
        image.verify()
    with Image.open(file) as image:
        assert image.getpixel((0, 0)) == (0, 128, 128)
        assert str(image.text["openbadgecredential"]) == credential_of(main_user, application)  # type: ignore[attr-defined]


def test_a_badge_with_a_validity_ends(centre: Centre, central: UUID, main_user: Person) -> None:
    staff = centre.staff()
    definition = published(staff, months_valid=12)
    application = accepted(staff, main_user, central, definition)
    assert application["valid_until"] == "2024-03-15T12:00:00+02:00"
    payload = claims(credential_of(main_user, application))
    assert (payload["validUntil"], payload["exp"]) == ("2024-03-15T10:00:00Z", 1_710_496_800)
    with pytest.raises(OB3VerificationError, match="expired"):
        verify(credential_of(main_user, application))
    again = apply(main_user, definition, central)
    assert (refusal(again), again.json()["existing_id"]) == ((409, "already-exists"), application["id"])
    centre.clock(2024, 3, 15, 12)
    assert apply(main_user, definition, central).status_code == 201


def test_a_draft_is_changed_and_a_published_badge_never(centre: Centre, main_user: Person) -> None:
    staff = centre.staff()
    made = draft(staff, criteria=[HELD])
    path = f"{DEFINITIONS}/{made['id']}"
    assert main_user.get(path).status_code == 404
    assert refusal(staff.post(f"{path}/publication")) == (409, "wrong-state")
    etag = staff.get(path).headers["ETag"]
    changed = staff.patch(path, {"months_valid": 24, "criteria": [{"kind": "onboarding_done"}]}, etag=etag)
    assert changed.status_code == 200, changed.text
    assert (changed.json()["months_valid"], len(changed.json()["criteria"])) == (24, 1)
    unchanged = staff.patch(path, {})
    assert (unchanged.status_code, unchanged.headers["ETag"]) == (200, changed.headers["ETag"])
    assert refusal(upload(staff, made["id"], b"no image")) == (422, "image-refused")
    assert upload(staff, made["id"]).json()["has_image"] is True
    assert staff.post(f"{path}/publication").json()["state"] == "published"
    assert main_user.get(path).status_code == 200
    assert [item["id"] for item in main_user.get(DEFINITIONS).json()["items"]] == [made["id"]]
    etag = staff.get(path).headers["ETag"]
    assert refusal(staff.patch(path, {"months_valid": None}, etag=etag)) == (409, "wrong-state")
    assert refusal(upload(staff, made["id"])) == (409, "wrong-state")
    assert staff.post(f"{path}/retirement").json()["state"] == "retired"
    assert refusal(staff.post(f"{path}/retirement")) == (409, "wrong-state")
    assert refusal(main_user.post(DEFINITIONS, body())) == (403, "forbidden")


def test_a_criterion_is_complete_and_named_once(centre: Centre) -> None:
    wrong = [{"kind": "role_held"}, {"kind": "onboarding_done", "months": 3}, HELD, HELD]
    answer = centre.staff().post(DEFINITIONS, body(criteria=wrong))
    assert refusal(answer) == (422, "validation")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [
        "/criteria/0/role",
        "/criteria/0/months",
        "/criteria/1/months",
        "/criteria/3",
    ]


def test_criteria_are_shown_and_unmet_ones_need_a_reason(centre: Centre, central: UUID, main_user: Person) -> None:
    staff = centre.staff()
    kinds = ("onboarding_done", "year_confirmed", "round_taken_part")
    definition = published(staff, criteria=[HELD, *({"kind": kind} for kind in kinds)])
    application = apply(main_user, definition, central).json()
    assert [(one["kind"], one["met"]) for one in application["criteria"]] == [
        ("role_held", True),
        *((kind, False) for kind in kinds),
    ]
    confirm(centre, central, main_user.id)
    answer = decide(staff, application)
    assert refusal(answer) == (409, "criteria-unmet")
    assert answer.json()["unmet"] == ["onboarding_done", "round_taken_part"]
    answer = decide(staff, application, "rejected")
    assert refusal(answer) == (422, "validation")
    decided = decide(staff, application, reason="Tehtävät on hoidettu paperilla").json()
    assert [(one["met"], one["since"]) for one in decided["criteria"]][1:3] == [(False, None), (True, "2023-02-01")]
    assert refusal(decide(staff, application)) == (409, "wrong-state")


def test_criteria_are_those_of_now_until_the_decision(centre: Centre, central: UUID) -> None:
    staff = centre.staff()
    applicants = [centre.main_user(central) for _ in range(3)]
    definition = published(staff, criteria=[{"kind": "year_confirmed"}, HELD])
    withdrawn, waiting, decided = (apply(one, definition, central).json() for one in applicants)
    assert not withdrawn["criteria"][0]["met"]
    applicants[0].post(f"{APPLICATIONS}/{withdrawn['id']}/withdrawal")
    decide(staff, decided, reason="Tehtävät on hoidettu paperilla")
    for one in applicants:
        confirm(centre, central, one.id)

    def met(application: dict[str, Any]) -> tuple[bool, str | None]:
        path = f"{APPLICATIONS}/{application['id']}"
        listed = {one["id"]: one for one in staff.get(APPLICATIONS).json()["items"]}[application["id"]]
        assert listed == staff.get(path).json()
        return listed["criteria"][0]["met"], listed["criteria"][0]["since"]

    assert (met(withdrawn), met(decided)) == ((False, None), (False, None))
    assert met(waiting) == (True, "2023-02-01")
    centre.owner.execute(
        "UPDATE role_grants SET valid_until = '2023-03-15T11:00+02:00' WHERE person_id = %s", [applicants[1].id]
    )
    read = staff.get(f"{APPLICATIONS}/{waiting['id']}").json()
    assert [one["met"] for one in read["criteria"]] == [True, False]


def confirm(centre: Centre, organisation_id: UUID, person_id: UUID) -> None:
    centre.owner.execute(
        "INSERT INTO organisation_confirmations (id, organisation_id, year, person_id, confirmed_at, late) "
        "VALUES (%s, %s, 2023, %s, '2023-02-01T10:00+02:00', false)",
        [new_id(), organisation_id, person_id],
    )


def test_a_main_user_applies_in_the_own_organisation_for_a_published_badge(centre: Centre, central: UUID) -> None:
    main_user, staff = centre.main_user(central), centre.staff()
    definition = published(staff)
    below = centre.organisation(central)
    assert refusal(apply(main_user, definition, below)) == (403, "forbidden")
    assert refusal(apply(staff, definition, central)) == (403, "forbidden")
    assert refusal(apply(main_user, definition, centre.organisation())) == (404, "not-found")
    assert refusal(apply(main_user, {"id": str(new_id())}, central)) == (404, "not-found")
    made = apply(main_user, definition, central)
    assert made.status_code == 201
    assert main_user.get(made.headers["Location"]).json() == made.json()
    assert [item["id"] for item in staff.get(APPLICATIONS, params={"state": "applied"}).json()["items"]] == [
        made.json()["id"]
    ]
    assert centre.main_user(central).get(f"{APPLICATIONS}/{made.json()['id']}").status_code == 404
    again = apply(main_user, definition, central)
    assert (refusal(again), again.json()["existing_id"]) == ((409, "already-exists"), made.json()["id"])
    withdrawal = f"{APPLICATIONS}/{made.json()['id']}/withdrawal"
    assert refusal(staff.post(withdrawal)) == (403, "forbidden")
    assert main_user.post(withdrawal).json()["state"] == "withdrawn"
    assert refusal(main_user.post(withdrawal)) == (409, "wrong-state")
    assert apply(main_user, definition, central).status_code == 201
    staff.post(f"{DEFINITIONS}/{definition['id']}/retirement")
    assert refusal(apply(centre.main_user(central), definition, central)) == (409, "wrong-state")


def test_of_applications_for_a_badge_at_the_same_time_one_is_made(
    centre: Centre, central: UUID, main_user: Person
) -> None:
    definition = published(centre.staff())
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: apply(main_user, definition, central), range(4)))
    [made] = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    others = [answer for answer in answers if answer.status_code != 201]
    assert {(*refusal(answer), answer.json()["existing_id"]) for answer in others} == {(409, "already-exists", made)}


def test_nobody_decides_or_revokes_their_own_badge(centre: Centre, central: UUID, main_user: Person) -> None:
    definition = published(centre.staff())
    application = apply(main_user, definition, central).json()
    assert refusal(decide(main_user, application)) == (403, "forbidden")
    centre.grant(main_user.id, "staff")
    centre.staff().put("/v1/reminder-settings", {"closing_soon_days": [1]})
    both = Person(main_user.id, centre.signed_in(main_user.id))
    answer = decide(both, application)
    assert refusal(answer) == (403, "forbidden")
    assert decide(centre.staff(), application, "rejected", reason="Ei nyt").json()["state"] == "rejected"


def test_staff_who_are_main_users_of_the_organisation_neither_decide_nor_revoke(
    centre: Centre, central: UUID, main_user: Person
) -> None:
    staff = centre.staff()
    application = apply(main_user, published(staff), central).json()
    of_there, of_elsewhere = centre.main_user(central), centre.main_user(centre.organisation())
    for person in (of_there, of_elsewhere):
        centre.grant(person.id, "staff")
    tasks = [one["kind"] for one in of_there.get("/v1/me/tasks").json()["items"]]
    assert "badge_decision" not in tasks
    refused = decide(of_there, application)
    assert (refusal(refused), refused.json()["because"]) == ((403, "forbidden"), "own-matter")
    assert decide(of_elsewhere, application).json()["state"] == "granted"
    revocation = f"{APPLICATIONS}/{application['id']}/revocation"
    refused = of_there.post(revocation, {"reason": "Myönnetty erehdyksessä"})
    assert (refusal(refused), refused.json()["because"]) == ((403, "forbidden"), "own-matter")
    assert of_elsewhere.post(revocation, {"reason": "Myönnetty erehdyksessä"}).json()["state"] == "revoked"


def test_the_table_has_only_what_its_state_says(centre: Centre, central: UUID, main_user: Person) -> None:
    staff = centre.staff()
    ids = {
        "applied": apply(main_user, published(staff), central).json()["id"],
        "granted": granted(staff, main_user, central)["id"],
        "accepted": accepted(staff, main_user, central)["id"],
    }
    for state, change, constraint in (
        ("applied", "public = true", "shown"),
        ("applied", "withdrawn_at = now()", "withdrawn"),
        ("applied", "state = 'withdrawn'", "withdrawn"),
        ("applied", "decision_reason = 'Ei'", "decision_reason"),
        ("applied", "answered_at = now()", "answered"),
        ("applied", "list_number = 1, list_index = 1", "signed"),
        ("applied", "credential = 'eyJ'", "credential"),
        ("applied", "valid_until = now()", "credential"),
        ("applied", "revocation_reason = 'Ei'", "revocation_reason"),
        ("granted", "public = true", "shown"),
        ("granted", "state = 'declined'", "answered"),
        ("granted", "state = 'accepted', answered_at = now(), list_number = 1, list_index = 1", "accepted"),
        ("granted", "state = 'revoked', revoked_at = now()", "revoker"),
        ("accepted", "state = 'revoked', revoked_at = now(), revoked_by = decided_by, public = true", "shown"),
    ):
        with pytest.raises(psycopg.errors.CheckViolation, match=f'"badge_applications_{constraint}"'):
            centre.owner.execute(f"UPDATE badge_applications SET {change} WHERE id = %s".encode(), [ids[state]])


def test_an_old_version_of_a_draft_or_a_badge_is_not_changed(centre: Centre, central: UUID, main_user: Person) -> None:
    staff = centre.staff()
    path = f"{DEFINITIONS}/{draft(staff, criteria=[HELD])['id']}"
    old = staff.get(path).headers["ETag"]
    changed = staff.patch(path, {"months_valid": 24}, etag=old)
    stale = {"Content-Type": "image/png", "If-Match": old}
    for answer in (
        staff.patch(path, {"months_valid": 12}, etag=old),
        staff.client.put(f"{path}/image", content=picture(), headers=stale),
    ):
        assert (refusal(answer), answer.headers["ETag"]) == ((412, "precondition-failed"), changed.headers["ETag"])
    visibility = f"{APPLICATIONS}/{accepted(staff, main_user, central)['id']}/visibility"
    shown = main_user.put(visibility, {"public": True}, headers={"If-Match": '"else"'})
    assert refusal(shown) == (412, "precondition-failed")
    assert main_user.put(visibility, {"public": True}, headers={"If-Match": "*"}).json()["public"] is True


def test_a_badge_is_answered_by_its_earner_once(centre: Centre, central: UUID, main_user: Person) -> None:
    staff = centre.staff()
    application = granted(staff, main_user, central)
    path = f"{APPLICATIONS}/{application['id']}"
    for what in ("credential", "image"):
        assert refusal(main_user.get(f"{path}/{what}")) == (409, "wrong-state")
    assert refusal(main_user.put(f"{path}/visibility", {"public": True})) == (409, "wrong-state")
    for call in ("acceptance", "refusal"):
        assert refusal(staff.post(f"{path}/{call}")) == (403, "forbidden")
    assert main_user.post(f"{path}/refusal").json()["state"] == "declined"
    for call in ("acceptance", "refusal"):
        assert refusal(main_user.post(f"{path}/{call}")) == (409, "wrong-state")
    other = accepted(staff, main_user, central)
    auditor = centre.person("auditor")
    for what in ("credential", "image"):
        assert refusal(auditor.get(f"{APPLICATIONS}/{other['id']}/{what}")) == (403, "forbidden")
    assert refusal(staff.put(f"{APPLICATIONS}/{other['id']}/visibility", {"public": True})) == (403, "forbidden")


def test_public_addresses_know_only_what_is_there(centre: Centre, central: UUID, main_user: Person) -> None:
    staff = centre.staff()
    application = accepted(staff, main_user, central)
    (base,) = {claims(credential_of(main_user, application))["iss"].removesuffix("/issuer")}
    client = main_user.client
    for missing in (f"keys/{'a' * 43}", f"achievements/{new_id()}", "status-lists/2", f"credentials/{new_id()}"):
        assert refusal(client.get(f"{base}/{missing}")) == (404, "not-found")
    for unknown in ("issuer", "keys", "status-lists/1"):
        assert refusal(client.get(f"{base.replace('merkit-', 'muut-')}/{unknown}")) == (404, "not-found")
    in_swedish = client.get(f"{base}/achievements/{application['definition_id']}", params={"language": "sv"}).json()
    assert (in_swedish["inLanguage"], in_swedish["name"]) == ("sv", TEXTS["sv"])
    hidden = draft(staff)
    assert refusal(client.get(f"{base}/achievements/{hidden['id']}")) == (404, "not-found")


def test_without_keys_or_a_public_url_no_badges_are_issued(
    centre: Centre, central: UUID, main_user: Person, service: str
) -> None:
    staff = centre.staff()
    definition = published(staff)
    application = granted(staff, main_user, central, definition)
    made = draft(staff)
    upload(staff, made["id"])
    (slug,) = centre.rows("SELECT slug FROM study_centres WHERE id = %s", centre.id)[0]
    key = claims_key(centre, slug)
    centre.address = service
    here, staff_here = (Person(one.id, centre.signed_in(one.id)) for one in (main_user, staff))
    public = f"/v1/public/{slug}/badges"
    answers = [
        staff_here.post(f"{DEFINITIONS}/{made['id']}/publication"),
        apply(here, definition, central),
        here.post(f"{APPLICATIONS}/{application['id']}/acceptance"),
        *(
            here.get(f"{public}/{path}")
            for path in ("issuer", "keys", f"keys/{key}", f"achievements/{definition['id']}", "status-lists/1")
        ),
    ]
    for answer in answers:
        assert refusal(answer) == (409, "not-configured")
        assert answer.json()["missing"] == ["PUBLIC_URL"]


def claims_key(centre: Centre, slug: str) -> str:
    keys = httpx.get(f"{centre.address}/v1/public/{slug}/badges/keys").json()["keys"]
    return str(keys[0]["kid"]).rpartition("/")[2]


def test_staff_and_earners_have_their_tasks(centre: Centre, central: UUID, main_user: Person) -> None:
    staff = centre.staff()
    application = apply(main_user, published(staff), central).json()

    def kinds(person: Person) -> list[tuple[str, str]]:
        items = person.get("/v1/me/tasks").json()["items"]
        return [(one["kind"], one["call"]["path"]) for one in items if one["kind"].startswith("badge_")]

    path = f"{APPLICATIONS}/{application['id']}"
    assert (kinds(staff), kinds(main_user)) == ([("badge_decision", f"{path}/decision")], [])
    decide(staff, application)
    assert (kinds(staff), kinds(main_user)) == ([], [("badge_acceptance", f"{path}/acceptance")])
    main_user.post(f"{path}/acceptance")
    assert kinds(main_user) == []


def test_an_erasure_revokes_badges_and_deletes_their_credentials(
    centre: Centre, central: UUID, main_user: Person
) -> None:
    staff = centre.staff()
    centre.main_user(central)
    application = accepted(staff, main_user, central)
    token = credential_of(main_user, application)
    data = main_user.get(f"/v1/people/{main_user.id}/data").json()
    assert application["id"] in json.dumps(data)
    answer = staff.post(f"/v1/people/{main_user.id}/erasure", {"reason": "Pyydetty"})
    assert answer.is_success, answer.text
    with pytest.raises(OB3VerificationError, match="is set at index"):
        verify(token)
    assert centre.rows("SELECT state, credential, public FROM badge_applications") == [("revoked", None, False)]


def test_a_merger_moves_badges(centre: Centre, central: UUID, main_user: Person) -> None:
    staff, other = centre.staff(), centre.main_user(central)
    definition = published(staff)
    own, others = (accepted(staff, one, central, definition) for one in (main_user, other))
    answer = staff.post(f"/v1/people/{main_user.id}/merger", {"person_id": str(other.id), "reason": "Sama henkilö"})
    assert answer.is_success, answer.text
    for application in (own, others):
        found = staff.get(f"{APPLICATIONS}/{application['id']}").json()
        assert (found["person_id"], found["state"]) == (str(main_user.id), "accepted")
        verify(credential_of(main_user, application))
