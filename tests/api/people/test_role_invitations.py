"""`/v1/role-invitations`: people whom the inviter does not see get a role by a token that only an email shows."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from app.api.keys import token_mailing
from app.db.identifiers import new_id
from app.delivery.tokens import PLACE, digest_of, new_token, study_centre_of
from app.local.embedded_postgres import Addresses
from app.sandbox.main import create_app
from app.settings import Settings
from tests.api.test_problem_pages import Outline
from tests.builders import Centre, Person, refusal
from tests.locks import another, until_one_waits
from tests.server import NO_TLS, serving

PATH = "/v1/role-invitations"
ACCEPTANCE = f"{PATH}/acceptance"
GRANTS = "/v1/role-grants"
ADDRESS = "Uusi.Vastuuhenkilo@example.org"
WHY = "Hoitaa piirin asioita"


@pytest.fixture
def unit(centre: Centre, central: UUID) -> UUID:
    return centre.organisation(central, name="Marttapiiri ry", name_sv="Marthadistriktet rf")


def invited(organisation_id: UUID, role: str = "unit_manager", email: str = ADDRESS) -> dict[str, Any]:
    return {"organisation_id": str(organisation_id), "role": role, "email": email, "reason": WHY}


def mail_of(centre: Centre, settings: Settings, invitation: dict[str, Any]) -> tuple[str, str]:
    """The text of the invitation's mail as its reader gets it, and the token in it."""
    [(mail_id, text, sealed)] = centre.rows(
        "SELECT id, text, sealed_token FROM mails WHERE cause_id = %s", invitation["id"]
    )
    tokens = token_mailing(settings)
    return tokens.shown(text, sealed, mail_id), tokens.open(sealed, mail_id)


@pytest.fixture
def invite(centre: Centre, settings: Settings) -> Callable[..., tuple[dict[str, Any], str]]:
    """Send an invitation, and return it with its token."""

    def sent(caller: Person, organisation_id: UUID, **more: Any) -> tuple[dict[str, Any], str]:
        answer = caller.post(PATH, invited(organisation_id, **more))
        assert answer.status_code == 201, answer.text
        return answer.json(), mail_of(centre, settings, answer.json())[1]

    return sent


def accept(person: Person, token: str, **options: Any) -> httpx.Response:
    return person.post(ACCEPTANCE, {"token": token}, **options)


def state_of(caller: Person, invitation: dict[str, Any]) -> str:
    return str(caller.get(f"{PATH}/{invitation['id']}").json()["state"])


def test_an_invited_person_accepts_and_is_granted_the_role(
    centre: Centre, main_user: Person, unit: UUID, settings: Settings
) -> None:
    answer = main_user.post(PATH, invited(unit))
    assert answer.status_code == 201
    invitation = answer.json()
    assert (invitation["state"], invitation["email"], invitation["invited_by"]) == ("open", ADDRESS, str(main_user.id))
    assert invitation["invited_at"] == "2023-03-15T12:00:00+02:00"
    assert invitation["expires_at"] == "2023-03-29T12:00:00+03:00"
    text, token = mail_of(centre, settings, invitation)
    assert text == (
        "Hei,\n\nSinulle tarjotaan käyttöoikeutta Tuntipankkiin. Kutsun voi hyväksyä kerran.\n\n"
        "Käyttöoikeus: piirin tai yhdistyksen vastuuhenkilö\nJärjestö: Marttapiiri ry\nKutsuja: Aino Esimerkki\n"
        "Hyväksy viimeistään: 29.3.2023 klo 12.00\n\n"
        f"Rekisteröidy ja lähetä tämä tunniste osoitteeseen `POST /v1/role-invitations/acceptance`: {token}\n\n"
        f"Perustelu: {WHY}\n\nTerveisin\nOpintokeskus Esimerkki"
    )

    stranger = centre.person()
    accepted = accept(stranger, token)
    assert accepted.status_code == 200
    grant = accepted.json()
    assert (grant["role"], grant["organisation_id"]) == ("unit_manager", str(unit))
    assert (grant["person_id"], grant["granted_by"]) == (str(stranger.id), str(main_user.id))
    assert (grant["reason"], grant["state"], grant["valid_until"]) == (WHY, "in_force", None)
    assert [role["role"] for role in stranger.get("/v1/me").json()["roles"]] == ["unit_manager"]
    shown = main_user.get(answer.headers["Location"]).json()
    assert (shown["state"], shown["accepted_by"], shown["role_grant_id"]) == (
        "accepted",
        str(stranger.id),
        grant["id"],
    )
    assert centre.rows("SELECT action, actor_id FROM audit_entries ORDER BY id") == [
        ("role-invitation.made", main_user.id),
        ("role-grant.given", stranger.id),
        ("role-invitation.accepted", stranger.id),
    ]


def test_the_token_is_stored_and_shown_nowhere_but_in_its_mail(
    centre: Centre, main_user: Person, staff: Person, unit: UUID, settings: Settings
) -> None:
    answer = main_user.post(PATH, invited(unit))
    _, token = mail_of(centre, settings, answer.json())
    assert study_centre_of(token) == centre.id
    [mail] = staff.get("/v1/mails").json()["items"]
    assert (mail["event"], mail["address"], mail["person_id"]) == ("role-invitation.made", ADDRESS, None)
    assert PLACE in mail["text"]
    assert refusal(main_user.get(f"/v1/mails/{mail['id']}")) == (404, "not-found")
    assert accept(centre.person(), token).status_code == 200
    tables = centre.rows("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    secret = (token, token.encode().hex())
    for (table,) in tables:
        for (row,) in centre.rows(f"SELECT to_jsonb(t)::text FROM {table} t"):
            assert not any(form in row for form in secret), table
    assert centre.rows("SELECT token_digest FROM role_invitations") == [(digest_of(token),)]
    for shown in (answer.text, *(staff.get(path).text for path in ("/v1/mails", "/v1/audit-entries", PATH))):
        assert token not in shown


def test_with_a_public_url_the_mail_has_a_link(
    centre: Centre, main_user: Person, unit: UUID, settings: Settings
) -> None:
    public = settings.model_copy(update={"public_url": "https://tunnit.example.org"})
    with serving(create_app(public)) as address:
        client = httpx.Client(base_url=address, headers=main_user.client.headers, verify=NO_TLS)
        answer = client.post(PATH, json=invited(unit))
        client.close()
    text, token = mail_of(centre, public, answer.json())
    assert f"Näin hyväksyt kutsun: https://tunnit.example.org/role-invitations/{token}\n" in text
    assert "POST /v1" not in text


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("fi", "Kutsu: koulutuksen vastuuhenkilö, Marttaliitto"),
        ("sv", "Inbjudan: utbildningsansvarig, Marthaförbundet"),
        ("en", "Invitation: training manager, The Marthas"),
    ],
)
def test_the_mail_is_in_the_organisations_language(centre: Centre, staff: Person, language: str, subject: str) -> None:
    study_centre = centre.named_in_all()
    central = centre.organisation(
        name="Marttaliitto", name_sv="Marthaförbundet", name_en="The Marthas", language=language
    )
    assert staff.post(PATH, invited(central, "training_manager")).status_code == 201
    [(written_in, title, text)] = centre.rows("SELECT language, subject, text FROM mails")
    assert (written_in, title) == (language, subject)
    assert text.endswith(f"\n{study_centre[language]}")


def test_a_main_user_grants_roles_only_to_people_within_reach(
    centre: Centre, main_user: Person, staff: Person, unit: UUID
) -> None:
    stranger, known = centre.person(), centre.person("training_manager", unit)
    centre.grant(ended := centre.person().id, "training_manager", unit)
    centre.owner.execute("UPDATE role_grants SET valid_until = '2023-03-01' WHERE person_id = %s", [ended])
    body = {"role": "unit_manager", "organisation_id": str(unit), "reason": WHY}
    absent = main_user.post(GRANTS, body | {"person_id": str(new_id())}).json()
    for person_id in (stranger.id, ended, centre.main_user(centre.organisation()).id, staff.id):
        for query in ({}, {"validate_only": "true"}):
            answer = main_user.post(GRANTS, body | {"person_id": str(person_id)}, params=query)
            assert refusal(answer) == (404, "not-found")
            assert answer.json()["pointer"] == "/person_id"
            assert answer.json() | {"request_id": ""} == absent | {"request_id": ""}, "As if absent."
    assert stranger.get("/v1/me").json()["roles"] == []
    assert refusal(main_user.get(f"/v1/people/{stranger.id}")) == (404, "not-found")
    assert main_user.post(GRANTS, body | {"person_id": str(known.id)}).status_code == 201
    assert staff.post(GRANTS, body | {"person_id": str(stranger.id)}).status_code == 201


def test_a_role_of_a_person_who_was_never_in_the_tree_ends_as_before(
    centre: Centre, main_user: Person, staff: Person, unit: UUID
) -> None:
    body = {"person_id": str(centre.person().id), "role": "unit_manager", "organisation_id": str(unit), "reason": WHY}
    grant = staff.post(GRANTS, body).json()
    assert main_user.post(f"{GRANTS}/{grant['id']}/ending", {"reason": WHY}).json()["state"] == "ended"


def test_who_may_grant_the_role_invites_reads_and_withdraws(
    centre: Centre, central: UUID, main_user: Person, staff: Person, unit: UUID
) -> None:
    foreign = centre.main_user(centre.organisation())
    for inviter, address in ((main_user, ADDRESS), (staff, "toinen@example.org")):
        answer = inviter.post(PATH, invited(unit, email=address))
        location = answer.headers["Location"]
        assert answer.status_code == 201
        for reader in (main_user, staff, centre.person("auditor")):
            fetched = reader.get(location)
            assert (fetched.json(), fetched.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
        for outsider in (
            foreign,
            centre.person(),
            centre.person("unit_manager", unit),
            centre.person("training_manager", central),
        ):
            assert refusal(outsider.get(location)) == (404, "not-found")
            assert refusal(outsider.post(f"{location}/withdrawal")) == (404, "not-found")
            assert outsider.get(PATH).json()["items"] == []
    assert refusal(centre.person("auditor").post(f"{location}/withdrawal")) == (403, "forbidden")
    assert main_user.post(f"{location}/withdrawal").json()["state"] == "withdrawn"
    for outsider in (
        centre.person("unit_manager", unit),
        centre.person("training_manager", unit),
        centre.person("auditor"),
    ):
        assert refusal(outsider.post(PATH, invited(unit))) == (403, "forbidden")
    answer = foreign.post(PATH, invited(unit))
    assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/organisation_id")


def test_a_role_fits_its_organisation(main_user: Person, central: UUID) -> None:
    answer = main_user.post(PATH, invited(central))
    assert refusal(answer) == (422, "validation")
    assert [fault["code"] for fault in answer.json()["errors"]] == ["role-does-not-fit"]
    for role in ("main_user", "staff", "auditor"):
        assert refusal(main_user.post(PATH, invited(central, role))) == (422, "validation")


def test_invitations_are_filtered(
    centre: Centre, central: UUID, main_user: Person, staff: Person, unit: UUID, invite: Callable[..., Any]
) -> None:
    first, token = invite(main_user, unit)
    second, _ = invite(main_user, central, role="training_manager")
    invite(staff, centre.organisation(), role="training_manager")

    def ids(**filters: str) -> list[str]:
        return [item["id"] for item in main_user.get(PATH, params=filters).json()["items"]]

    assert ids() == ids(under=str(central)) == ids(state="open") == [second["id"], first["id"]]
    assert ids(organisation_id=str(unit)) == ids(role="unit_manager") == [first["id"]]
    assert accept(centre.person(), token).status_code == 200
    assert (ids(state="accepted"), ids(state="open")) == ([first["id"]], [second["id"]])
    centre.clock(2023, 3, 29, 12)
    assert (ids(state="expired"), ids(state="open")) == ([second["id"]], [])


@pytest.mark.parametrize("state", ["accepted", "withdrawn", "expired"])
def test_an_invitation_is_accepted_and_withdrawn_once_and_in_time(
    centre: Centre, main_user: Person, unit: UUID, invite: Callable[..., Any], state: str
) -> None:
    invitation, token = invite(main_user, unit)
    if state == "accepted":
        first = centre.person()
        retry = str(new_id())
        answer = accept(first, token, key=retry)
        assert answer.status_code == 200
        assert accept(first, token, key=retry).json() == answer.json(), "A retry gets the same response."
    elif state == "withdrawn":
        assert main_user.post(f"{PATH}/{invitation['id']}/withdrawal", {}).status_code == 200
    else:
        centre.clock(2023, 3, 29, 11, 59, 59)
        assert accept(centre.person(), token, params={"validate_only": "true"}).status_code == 200
        centre.clock(2023, 3, 29, 12)
    assert state_of(main_user, invitation) == state
    for answer in (accept(centre.person(), token), main_user.post(f"{PATH}/{invitation['id']}/withdrawal", {})):
        assert refusal(answer) == (409, "wrong-state")
        assert answer.json()["state"] == state


def test_an_unknown_token_is_not_found(
    centre: Centre, main_user: Person, unit: UUID, invite: Callable[..., Any]
) -> None:
    _, token = invite(main_user, unit)
    for unknown in ("a", new_token(centre.id), new_token(new_id()), token[:-1] + ("A" if token[-1] != "A" else "B")):
        answer = accept(centre.person(), unknown)
        assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/token")
    for unshaped in ("", "a" * 201, None, 1):
        assert refusal(centre.person().post(ACCEPTANCE, {"token": unshaped})) == (422, "validation")


def test_a_token_of_another_study_centre_is_not_found(
    main_user: Person, unit: UUID, invite: Callable[..., Any], new_centre: Callable[[], Any]
) -> None:
    _, token = invite(main_user, unit)
    with new_centre() as other:
        assert refusal(accept(other.person(), token)) == (404, "not-found")


def test_the_inviter_must_still_be_allowed_to_grant_the_role(
    centre: Centre, central: UUID, unit: UUID, staff: Person, main_user: Person, invite: Callable[..., Any]
) -> None:
    leaving = centre.main_user(central)
    invitation, token = invite(leaving, unit)
    [(grant_id,)] = centre.rows("SELECT id FROM role_grants WHERE person_id = %s", leaving.id)
    assert staff.post(f"{GRANTS}/{grant_id}/ending", {"reason": WHY}).status_code == 200
    answer = accept(centre.person(), token)
    assert refusal(answer) == (409, "wrong-state")
    assert answer.json()["because"] == "inviter-without-role"
    assert answer.json()["detail"].startswith("The person who invited you can no longer grant this role, ")
    assert (answer.json()["state"], answer.json()["allowed"]) == ("suspended", ["open"])
    assert state_of(main_user, invitation) == "suspended"
    for state, found in (("open", []), ("suspended", [invitation["id"]])):
        assert [item["id"] for item in main_user.get(PATH, params={"state": state}).json()["items"]] == found
    centre.grant(leaving.id, "unit_manager", unit)
    assert refusal(accept(centre.person(), token)) == (409, "wrong-state")
    centre.grant(leaving.id, "main_user", central)
    assert state_of(main_user, invitation) == "open"
    assert accept(centre.person(), token).status_code == 200


def test_an_invitation_is_suspended_from_the_day_on_which_the_inviters_role_ends(
    centre: Centre, central: UUID, unit: UUID, main_user: Person, invite: Callable[..., Any]
) -> None:
    leaving = centre.main_user(central)
    invitation, token = invite(leaving, unit)
    centre.owner.execute("UPDATE role_grants SET valid_until = '2023-03-20' WHERE person_id = %s", [leaving.id])
    assert state_of(main_user, invitation) == "open"
    centre.clock(2023, 3, 20)
    assert state_of(main_user, invitation) == "suspended"
    assert refusal(accept(centre.person(), token)) == (409, "wrong-state")
    assert main_user.post(PATH, invited(unit)).status_code == 201, "It prevents no other invitation."
    centre.clock(2023, 3, 29, 12)
    assert state_of(main_user, invitation) == "expired"


def test_a_suspended_invitation_can_be_withdrawn(
    centre: Centre, central: UUID, unit: UUID, main_user: Person, invite: Callable[..., Any]
) -> None:
    leaving = centre.main_user(central)
    invitation, _ = invite(leaving, unit)
    centre.owner.execute("UPDATE role_grants SET valid_until = '2023-03-15' WHERE person_id = %s", [leaving.id])
    withdrawn = main_user.post(f"{PATH}/{invitation['id']}/withdrawal")
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (200, "withdrawn")


@pytest.mark.parametrize("role", ["staff", "auditor"])
def test_a_role_at_the_study_centre_vouches_if_it_is_that_of_staff(
    centre: Centre, unit: UUID, staff: Person, invite: Callable[..., Any], role: str
) -> None:
    inviter = centre.staff()
    invitation, _ = invite(inviter, unit)
    centre.owner.execute("UPDATE role_grants SET role = %s WHERE person_id = %s", [role, inviter.id])
    assert state_of(staff, invitation) == ("open" if role == "staff" else "suspended")


SAME = [ADDRESS, ADDRESS.upper(), ADDRESS.replace("example", "ｅxample")]


@pytest.mark.parametrize("address", SAME)
def test_an_address_has_one_open_invitation_to_a_role_of_an_organisation(
    main_user: Person, central: UUID, unit: UUID, invite: Callable[..., Any], address: str
) -> None:
    invitation, _ = invite(main_user, unit)
    answer = main_user.post(PATH, invited(unit, email=address))
    assert (refusal(answer), answer.json()["existing_id"]) == ((409, "already-exists"), invitation["id"])
    assert main_user.post(PATH, invited(unit, "training_manager", email=address)).status_code == 201
    assert main_user.post(PATH, invited(central, "training_manager", email=address)).status_code == 201
    main_user.post(f"{PATH}/{invitation['id']}/withdrawal")
    assert main_user.post(PATH, invited(unit, email=address)).status_code == 201


def test_of_two_simultaneous_invitations_of_an_address_one_is_sent(
    centre: Centre, main_user: Person, staff: Person, unit: UUID, database: Addresses
) -> None:
    with another(centre, database) as other, ThreadPoolExecutor(2) as pool:
        with other.owner.transaction():
            other.owner.execute("SELECT FROM organisations WHERE id = %s FOR UPDATE", [unit])
            sent = [pool.submit(inviter.post, PATH, invited(unit)) for inviter in (main_user, staff)]
            until_one_waits(centre, 2)
        answers = [one.result() for one in sent]
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 1}
    assert centre.rows("SELECT count(*) FROM mails") == [(1,)]


def test_an_invitation_of_the_own_address_and_a_new_link_to_it_wait_for_one_another(
    centre: Centre, main_user: Person, unit: UUID, database: Addresses
) -> None:
    own = "oma@example.org"
    assert main_user.patch("/v1/me", {"email": own}).status_code == 200
    with another(centre, database) as other, ThreadPoolExecutor(2) as pool:
        with other.owner.transaction():
            other.owner.execute("SELECT FROM persons WHERE id = %s FOR NO KEY UPDATE", [main_user.id])
            link = pool.submit(main_user.post, "/v1/me/email-verification")
            until_one_waits(centre)
            invitation = pool.submit(main_user.post, PATH, invited(unit, email=own))
            until_one_waits(centre, 2)
        assert (link.result().status_code, invitation.result().status_code) == (200, 201)


def test_a_person_sends_five_invitations_a_day_to_one_address(centre: Centre, central: UUID, main_user: Person) -> None:
    units = [centre.organisation(central) for _ in range(6)]
    for unit in units[:5]:
        assert main_user.post(PATH, invited(unit)).status_code == 201
    answer = main_user.post(PATH, invited(units[5], email=ADDRESS.upper()))
    assert (refusal(answer), answer.json()["most"]) == ((429, "rate-limited"), 5)
    assert main_user.post(PATH, invited(units[5], email="toinen@example.org")).status_code == 201
    centre.clock(2023, 3, 16)
    assert main_user.post(PATH, invited(units[5], "training_manager")).status_code == 201


def test_an_address_gets_five_invitations_a_day_and_the_sixth_inviter_does_not_hear_of_it(
    centre: Centre, main_user: Person, unit: UUID
) -> None:
    answers = [main_user.post(PATH, invited(unit))]
    for _ in range(5):
        central = centre.organisation()
        answers.append(centre.main_user(central).post(PATH, invited(central, "training_manager")))
    assert [answer.status_code for answer in answers] == [201] * 6
    assert {answer.json()["state"] for answer in answers} == {"open"}
    assert answers[4].json().keys() == answers[5].json().keys()
    assert centre.rows("SELECT count(*) FROM mails") == [(5,)]


def test_the_inviter_may_have_been_merged_meanwhile(
    centre: Centre, central: UUID, unit: UUID, staff: Person, invite: Callable[..., Any]
) -> None:
    first, second = centre.main_user(central), centre.person()
    _, token = invite(first, unit)
    merger = {"person_id": str(first.id), "reason": WHY}
    assert staff.post(f"/v1/people/{second.id}/merger", merger).status_code == 200
    assert refusal(accept(second, token)) == (403, "forbidden"), "Nobody grants themselves a role."
    assert accept(centre.person(), token).json()["granted_by"] == str(second.id)


def test_nobody_accepts_an_own_invitation(main_user: Person, unit: UUID, invite: Callable[..., Any]) -> None:
    invitation, token = invite(main_user, unit)
    answer = accept(main_user, token)
    assert (refusal(answer), answer.json()["because"]) == ((403, "forbidden"), "own-matter")
    assert state_of(main_user, invitation) == "open"


def test_who_has_the_role_already_does_not_use_the_invitation_up(
    centre: Centre, main_user: Person, unit: UUID, invite: Callable[..., Any]
) -> None:
    invitation, token = invite(main_user, unit)
    assert refusal(accept(centre.person("unit_manager", unit), token)) == (409, "already-exists")
    assert state_of(main_user, invitation) == "open"


def test_only_a_registered_person_accepts(
    centre: Centre, main_user: Person, unit: UUID, invite: Callable[..., Any]
) -> None:
    _, token = invite(main_user, unit)
    newcomer = centre.signed_in("newcomer")
    assert refusal(newcomer.post(ACCEPTANCE, json={"token": token})) == (403, "not-registered")


def test_an_invitation_does_not_show_whether_the_address_is_known(
    centre: Centre, main_user: Person, unit: UUID
) -> None:
    centre.person()
    [(known,)] = centre.rows("SELECT email FROM persons WHERE email LIKE '%%@example.org' ORDER BY id DESC LIMIT 1")
    answers = [main_user.post(PATH, invited(unit, email=email)) for email in (known, "nobody@example.org")]
    own = {"id", "email"}
    first, second = ({key: value for key, value in one.json().items() if key not in own} for one in answers)
    assert first == second
    assert answers[0].headers.keys() == answers[1].headers.keys()
    rows = centre.rows("SELECT person_id, subject, language FROM mails")
    assert rows[0] == rows[1]


def test_an_organisation_has_twenty_open_invitations(
    centre: Centre, central: UUID, main_user: Person, unit: UUID, database: Addresses
) -> None:
    addresses = (f"{number}@example.org" for number in count())
    for address in islice(addresses, 19):
        assert main_user.post(PATH, invited(unit, email=address)).status_code == 201
    with another(centre, database) as other, ThreadPoolExecutor(2) as pool:
        with other.owner.transaction():
            other.owner.execute("SELECT FROM organisations WHERE id = %s FOR UPDATE", [unit])
            sent = [pool.submit(main_user.post, PATH, invited(unit, email=next(addresses))) for _ in range(2)]
            until_one_waits(centre, 2)
        answers = [one.result() for one in sent]
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 1}
    [full] = [answer for answer in answers if answer.status_code == 409]
    assert (refusal(full), full.json()["most"]) == ((409, "too-many"), 20)
    assert main_user.post(PATH, invited(central, "training_manager")).status_code == 201
    last = main_user.get(PATH, params={"organisation_id": str(unit)}).json()["items"][0]
    assert main_user.post(f"{PATH}/{last['id']}/withdrawal").status_code == 200
    assert main_user.post(PATH, invited(unit, email=next(addresses))).status_code == 201
    assert refusal(main_user.post(PATH, invited(unit, email=next(addresses)))) == (409, "too-many")
    centre.clock(2023, 3, 29, 12)
    assert main_user.post(PATH, invited(unit)).status_code == 201, "Expired ones do not count."


def test_a_dry_run_mails_nothing(centre: Centre, main_user: Person, unit: UUID) -> None:
    answer = main_user.post(PATH, invited(unit), params={"validate_only": "true"})
    assert (answer.status_code, answer.json()["state"]) == (201, "open")
    for table in ("role_invitations", "mails", "audit_entries"):
        assert centre.rows(f"SELECT count(*) FROM {table}") == [(0,)]


def test_of_two_simultaneous_acceptances_one_wins(
    centre: Centre, main_user: Person, unit: UUID, invite: Callable[..., Any]
) -> None:
    for _ in range(5):
        _, token = invite(main_user, unit)
        people = [centre.person(), centre.person()]
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(accept, people, [token, token]))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 1}
        [lost] = [answer for answer in answers if answer.status_code == 409]
        assert (refusal(lost), lost.json()["state"]) == ((409, "wrong-state"), "accepted")
        assert sum(len(person.get("/v1/me").json()["roles"]) for person in people) == 1


def test_of_an_acceptance_and_a_simultaneous_withdrawal_one_wins(
    centre: Centre, main_user: Person, unit: UUID, invite: Callable[..., Any]
) -> None:
    for _ in range(5):
        invitation, token = invite(main_user, unit)
        person = centre.person()
        with ThreadPoolExecutor(2) as pool:
            accepting = pool.submit(accept, person, token)
            withdrawing = pool.submit(main_user.post, f"{PATH}/{invitation['id']}/withdrawal", {})
        answers = [accepting.result(), withdrawing.result()]
        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 1}
        won = "accepted" if accepting.result().is_success else "withdrawn"
        assert state_of(main_user, invitation) == won
        assert len(person.get("/v1/me").json()["roles"]) == (won == "accepted")


@pytest.mark.parametrize("first", ["the end", "the acceptance"])
def test_an_acceptance_sees_an_end_of_the_inviters_role_that_came_first(
    centre: Centre, central: UUID, unit: UUID, database: Addresses, invite: Callable[..., Any], first: str
) -> None:
    centre.main_user(central)
    leaving, person = centre.main_user(central), centre.person()
    invitation, token = invite(leaving, unit)
    ending = "UPDATE role_grants SET valid_until = '2023-03-15 12:00' WHERE person_id = %s"
    with another(centre, database) as other, ThreadPoolExecutor(1) as pool:
        if first == "the end":
            with other.owner.transaction():
                other.owner.execute(ending, [leaving.id])
                answer = pool.submit(accept, person, token)
                until_one_waits(centre)
            assert refusal(answer.result()) == (409, "wrong-state")
        else:
            with other.owner.transaction(), another(centre, database) as third:
                # The acceptance waits at its closing statement, and with it the end of the inviter's role.
                other.owner.execute("LOCK TABLE outbox IN EXCLUSIVE MODE")
                answer = pool.submit(accept, person, token)
                until_one_waits(centre)
                third.owner.execute("SET lock_timeout = '50ms'")
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    third.owner.execute(ending, [leaving.id])
            assert answer.result().status_code == 200
    assert len(person.get("/v1/me").json()["roles"]) == (first == "the acceptance")
    assert state_of(centre.staff(), invitation) == ("suspended" if first == "the end" else "accepted")


def test_an_erased_person_leaves_no_address_and_no_open_invitation(
    centre: Centre, central: UUID, unit: UUID, staff: Person, main_user: Person, invite: Callable[..., Any]
) -> None:
    other, person = centre.main_user(central), centre.person()
    opened, _ = invite(other, unit, email="toinen@example.org")
    accepted, token = invite(other, unit)
    assert accept(person, token).status_code == 200
    [shown] = person.get(f"/v1/people/{person.id}/data").json()["held"]["role_invitations"]
    assert (shown["email"], shown["id"]) == (ADDRESS, accepted["id"])
    made = other.get(f"/v1/people/{other.id}/data").json()["made"]
    assert made["role_invitations.invited_by"] == 2
    for each in (person, other):
        assert staff.post(f"/v1/people/{each.id}/erasure", {"reason": WHY}).status_code == 200
    assert main_user.get(f"{PATH}/{accepted['id']}").json()["email"] is None
    assert centre.rows("SELECT address, text, sealed_token FROM mails WHERE cause_id = %s", accepted["id"]) == [
        ("", "", None)
    ]
    withdrawn = main_user.get(f"{PATH}/{opened['id']}").json()
    assert (withdrawn["state"], withdrawn["withdrawn_by"]) == ("withdrawn", str(staff.id))


def page(centre: Centre, token: str, **options: Any) -> httpx.Response:
    return httpx.get(f"{centre.address}/role-invitations/{token}", verify=NO_TLS, **options)


@pytest.mark.parametrize(
    ("language", "title", "until"),
    [
        ("fi", "Kutsu: piirin tai yhdistyksen vastuuhenkilö, Marttapiiri ry", "29.3.2023 klo 12.00"),
        ("sv", "Inbjudan: distriktets eller föreningens ansvarsperson, Marthadistriktet rf", "29.3.2023 kl. 12.00"),
        ("en", "Invitation: unit manager, Marttapiiri ry", "29 March 2023 at 12:00"),
    ],
)
def test_the_page_of_an_invitation_says_how_to_accept_and_changes_nothing(
    centre: Centre, main_user: Person, unit: UUID, invite: Callable[..., Any], language: str, title: str, until: str
) -> None:
    invitation, token = invite(main_user, unit)
    for options in ({"params": {"lang": language}}, {"headers": {"Accept-Language": language}}):
        answer = page(centre, token, **options)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        outline = Outline()
        outline.feed(answer.text)
        assert outline.open == []
        assert ("html", {"lang": language}) in outline.starts
        assert not {"script", "link", "img", "iframe", "form"} & {tag for tag, _ in outline.starts}
        assert f"<h1>{title}</h1>" in answer.text
        assert until in answer.text
        assert "<code>POST /v1/role-invitations/acceptance</code>" in answer.text
        assert ("a", {"href": "/docs#/Rights/accept_role_invitation"}) in outline.starts
        assert token not in answer.text
    assert httpx.head(f"{centre.address}/role-invitations/{token}", verify=NO_TLS).status_code == 200
    assert state_of(main_user, invitation) == "open"


def test_the_page_of_an_unknown_invitation_says_so(centre: Centre) -> None:
    for unknown in ("a", "..", new_token(centre.id), new_token(new_id()), "%00", "ä"):
        answer = page(centre, unknown, params={"lang": "en"})
        if unknown != "..":
            assert (answer.status_code, "<h1>The link is not known</h1>" in answer.text) == (404, True)
            assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("accepted", "<h1>The invitation has been accepted</h1>"),
        ("withdrawn", "<h1>The invitation has been withdrawn</h1>"),
        ("expired", "Ask the person who sent it for a new one."),
        ("suspended", "The person who invited you can no longer grant this role."),
    ],
)
def test_the_page_of_an_invitation_that_is_not_open_says_what_has_happened(
    centre: Centre, central: UUID, unit: UUID, invite: Callable[..., Any], state: str, text: str
) -> None:
    centre.main_user(central)
    inviter = centre.main_user(central)
    invitation, token = invite(inviter, unit)
    match state:
        case "accepted":
            assert accept(centre.person(), token).status_code == 200
        case "withdrawn":
            assert inviter.post(f"{PATH}/{invitation['id']}/withdrawal").status_code == 200
        case "expired":
            centre.clock(2023, 3, 29, 12)
        case _:
            centre.owner.execute("UPDATE role_grants SET valid_until = '2023-03-15' WHERE person_id = %s", [inviter.id])
    for language in ("fi", "sv", "en"):
        answer = page(centre, token, params={"lang": language})
        assert answer.status_code == 409
        assert ("/docs#/" in answer.text) is False
    assert text in answer.text


def test_a_person_sends_sixty_invitations_a_day_withdrawn_ones_included(
    centre: Centre, main_user: Person, unit: UUID
) -> None:
    for number in range(60):
        sent = main_user.post(PATH, invited(unit, email=f"{number}@example.org"))
        assert main_user.post(f"{sent.headers['Location']}/withdrawal").status_code == 200
    refused = main_user.post(PATH, invited(unit))
    assert (refusal(refused), refused.json()["most"]) == ((429, "rate-limited"), 60)
    assert centre.rows("SELECT count(*) FROM mails WHERE event = 'role-invitation.made'") == [(60,)]
    centre.clock(2023, 3, 16)
    assert main_user.post(PATH, invited(unit)).status_code == 201
