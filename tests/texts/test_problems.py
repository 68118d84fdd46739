"""What error responses say: what is wrong and what to do, in each language and whatever facts are known."""

from datetime import UTC, date, datetime
from typing import get_args
from uuid import UUID

import pytest

from app.domain import errors
from app.domain.access import Role
from app.domain.calendar.deadlines import Kind
from app.domain.organisations import images
from app.domain.organisations.organisations import Language
from app.domain.people.signatures import Finding
from app.texts.problems import CODES, detail_of, field_error_of, paragraphs_of, title_of
from app.texts.rendering import LANGUAGES, facts_of, texts_of
from tests.texts.test_mails import check_whole, with_facts_missing

TABLES = {language: texts_of("problems", language).tables for language in LANGUAGES}
SOME_ID = UUID("01890000-0000-7000-8000-000000000001")
OTHER_ID = UUID("01890000-0000-7000-8000-000000000002")

# Every fact that the rules give with a refusal (app/domain/errors.py), filled as on a busy day.
FACTS: dict[str, dict[str, object]] = {
    "strong-authentication-required": {"acr_values": ["high", "substantial"], "max_age": 300},
    "precondition-failed": {"etag": '"3f"'},
    "window-closed": {
        "kind": "change_window",
        "opened_on": date(2023, 3, 13),
        "closed_on": date(2023, 3, 25),
        "opens_on": date(2023, 8, 14),
        "closes_on": date(2023, 8, 25),
        "opens_at": datetime(2023, 8, 13, 21, tzinfo=UTC),
    },
    "year-closed": {"year": 2023, "closed_at": datetime(2024, 1, 19, 10, 5, tzinfo=UTC)},
    "wrong-state": {"reserved": 7, "state": "decided", "allowed": ["draft", "sent_back"]},
    "pool-exceeded": {"available": 45483, "asked": 1234567},
    "quota-exceeded": {
        "available": 3,
        "asked": 4,
        "allotment_available": 1,
        "common_available": 2,
        "hour_type": "peer_group",
        "places": 1,
        "enrolled": 2,
    },
    "allotment-in-use": {"unit_id": SOME_ID, "in_use": 12, "asked": 0},
    "already-exists": {"existing_id": SOME_ID, "decision_id": SOME_ID},
    "too-many": {"most": 20},
    "activity-not-supported": {"activity": "peer_group", "year": 2024},
    "support-rules-unverified": {"year": 2026, "inherited_from": 2025},
    "signature-missing": {
        "missing": [
            {"whose": "study_centre", "what": "signature_image", "call": "PUT /v1/study-centre/signature-image"},
            {"whose": "organisation", "what": "signatory", "call": f"PATCH /v1/organisations/{SOME_ID}"},
        ]
    },
    "not-configured": {"missing": ["BADGE_KEYS", "PUBLIC_URL"]},
    "rate-limited": {
        "most": 20,
        "limit": "reads",
        "retry_after": 41_400,
        "retry_at": datetime(2023, 3, 13, 22, tzinfo=UTC),
    },
    "same-person": {"person_id": SOME_ID},
    "not-central": {"organisation_id": SOME_ID},
    "not-a-member": {"year": 2024, "active_from": date(2020, 1, 1), "active_until": date(2023, 12, 31)},
    "organisation-cycle": {"organisation_id": SOME_ID, "parent_id": OTHER_ID},
    "organisation-in-use": {
        "holds": [
            {"year": 2023, "allotted": 120, "reserved": 0, "open_proposals": 1, "open_trainings": 0},
            {"year": 2024, "allotted": 45483, "reserved": 3, "open_proposals": 0, "open_trainings": 2},
        ]
    },
    "signed-document-refused": {
        "finding": "certificate-expired",
        "signature": 2,
        "subject": "Common Name: Venla Pihlajasuo, Country: FI",
    },
    "image-refused": {"finding": "animated"},
    "attachment-refused": {"finding": "other-contents"},
    "runs-no-trainings": {"unit_id": SOME_ID, "because": "topic"},
    "criteria-unmet": {"unmet": ["assessed", "usable"]},
    "comments-open": {"open_comments": [SOME_ID]},
    "opinions-missing": {"waiting_for": [SOME_ID, OTHER_ID]},
    "decision-required": {"pointers": ["/mode", "/sessions"]},
    "training-not-over": {"opens_at": datetime(2025, 4, 1, 7, tzinfo=UTC)},
    "enrolment-closed": {"opens_on": date(2025, 4, 1), "closes_on": date(2025, 5, 2)},
    "training-full": {"places": 12},
    "consent-closed": {"closed_at": datetime(2025, 5, 11, 21, tzinfo=UTC)},
    "plan-window-closed": {"opens_on": date(2024, 3, 1), "closes_on": date(2024, 8, 31)},
    "by-invitation-only": {"organisation_id": SOME_ID},
    "assignment-overlap": {"organisation_id": SOME_ID, "overlaps_with": OTHER_ID},
    "base-right-required": {"organisation_id": SOME_ID},
    "deadline-overlap": {"kind": "proposal_round", "hours_year": 2024, "overlaps_with": SOME_ID},
    "forbidden": {"roles": ["main_user", "staff"], "because": "not-a-party"},
    "last-staff": {"needed_from": datetime(2024, 1, 1, 10, tzinfo=UTC)},
    "last-main-user": {"organisation_id": SOME_ID, "needed_from": datetime(2024, 1, 1, 10, tzinfo=UTC)},
}


# Those that a refusal gives only for one of its reasons, in place of the others.
ASKING: dict[str, object] = {"key_asks": True, "person_asks": True}
OTHER_FACTS: dict[str, dict[str, object]] = {
    "wrong-state": {
        "still_reserved": 1450,
        "trainings_total": 37,
        "still_due": date(2024, 1, 18),
        "missing": "cost_statement",
        "waiting_for": "study_centre",
        "because": "inviter-without-role",
    },
    "already-exists": {"because": "address-verified"},
    "pool-exceeded": {"available": 300, "asked": 301, "lowest": 1},
    "window-closed": {"ask": "main_user", "because": "window-of-return", "closed_on": date(2023, 3, 25)},
    "unauthenticated": ASKING,
    "forbidden": {"scope": "hours:write", "see": "/v1/me", "most_hours": 0} | ASKING,
    "not-found": ASKING,
    "payload-too-large": {"largest": 2_097_152},
    "token-too-large": {"largest": 8_192},
    "unsupported-media-type": {"accepted": ["image/png", "image/jpeg", "image/webp"]},
}


def refusals_below(base: type[errors.DomainError]) -> list[type[errors.DomainError]]:
    below = [deeper for refusal in base.__subclasses__() for deeper in refusals_below(refusal)]
    return [base, *below] if hasattr(base, "code") else below


def test_every_refusal_of_the_rules_has_its_texts() -> None:
    assert {refusal.code for refusal in refusals_below(errors.DomainError)} <= CODES
    assert FACTS.keys() | OTHER_FACTS.keys() <= CODES


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(CODES))
def test_a_detail_is_whole_whatever_facts_are_missing(code: str, language: Language) -> None:
    for given in (FACTS.get(code, {}), OTHER_FACTS.get(code, {})):
        for facts in with_facts_missing(given):
            detail = detail_of(code, facts, language)
            assert detail.count(".") >= 2, "It says what is wrong and what to do next."
            check_whole(detail.replace("next_cursor", "cursor").replace("request_id", "id"), language)
    check_whole(title_of(code, language), language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(FACTS))
def test_every_fact_named_by_a_sentence_is_one_that_the_refusal_gives(code: str, language: Language) -> None:
    named = set[str]().union(
        *(
            facts_of(sentence["text"]) | {*sentence.get("when", ()), *sentence.get("unless", ())}
            for sentence in TABLES[language]["problems"][code]["sentences"]
        )
    )
    assert named <= FACTS[code].keys() | OTHER_FACTS.get(code, {}).keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(CODES))
def test_a_page_has_paragraphs_and_needs_no_facts(code: str, language: Language) -> None:
    paragraphs = paragraphs_of(code, language)
    assert len(paragraphs) >= 2, "What it means, and what to do."
    assert all(paragraph.endswith(".") and "{{" not in paragraph for paragraph in paragraphs)
    assert facts_of(TABLES[language]["problems"][code]["page"]) == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", TABLES["fi"]["faults"])
def test_a_field_error_has_a_text_also_without_its_facts(code: str, language: Language) -> None:
    check_whole(field_error_of(code, {}, language), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_field_error_says_what_to_do_in_a_sentence_of_its_own(language: Language) -> None:
    for wordings in TABLES[language]["faults"].values():
        for wording in [wordings] if isinstance(wordings, str) else wordings:
            _, colon, after = wording.partition(": ")
            assert not colon or after.startswith(("{", "/docs")), wording


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_instant_is_explained_as_it_is_written_in_a_url(language: Language) -> None:
    assert "%2B" in field_error_of("datetime-parsing", {}, language), "A bare + in a query is a space."


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_roles_and_reasons_of_a_refusal_have_words(language: Language) -> None:
    words = texts_of("problems", language).words
    assert words.keys() >= {
        *get_args(Role),
        "own-matter",
        "person-only",
        "key-only",
        "not-a-party",
        "units-propose-nothing",
        "decisions-by-two",
        "quotas-not-by-two",
        "observers-apply-for-nothing",
    }
    detail = detail_of("forbidden", {"roles": ["main_user", "staff"], "because": "not-a-party"}, language)
    assert all(words[word] in detail for word in ("main_user", "staff"))
    assert "GET /v1/me" not in detail, "No role would help."


def test_the_kinds_of_deadlines_the_states_and_the_findings_have_words() -> None:
    of_proposals = {"draft", "submitted", "sent_back", "included", "decided", "withdrawn"}
    of_requests = {"submitted", "approved", "partially_approved", "rejected", "withdrawn"}
    of_rights = {"applied", "granted", "rejected", "withdrawn", "upcoming", "in_force", "ended", "open", "closed"}
    of_accounts = {"proposed", "approved", "rejected", "withdrawn"}
    findings = {*get_args(Finding), *get_args(images.Finding)}
    words = texts_of("problems", "fi").words
    assert {*get_args(Kind)} | of_accounts | of_proposals | of_requests | of_rights | findings <= words.keys()


WINDOW = FACTS["window-closed"]


@pytest.mark.parametrize(
    ("code", "facts", "language", "expected"),
    [
        pytest.param(
            "window-closed",
            WINDOW,
            "fi",
            "Lisähaku- ja palautusaika ei ole nyt auki. Se oli viimeksi auki 13.3.2023–25.3.2023. "
            "Se avautuu seuraavan kerran 14.8.2023 klo 0.00, ja sen viimeinen päivä on 25.8.2023. "
            "Lähetä pyyntö silloin.",
            id="between two windows, in Finnish",
        ),
        pytest.param(
            "window-closed",
            {**WINDOW, "kind": "proposal_round", "opened_on": None, "closed_on": None, "closes_on": None},
            "sv",
            "Timansökan är inte öppen just nu. Den öppnar nästa gång 14.8.2023 kl. 0.00. Skicka begäran efter det.",
            id="before the first window, which has no end, in Swedish",
        ),
        pytest.param(
            "window-closed",
            {**WINDOW, "opened_on": None, "opens_on": None, "closes_on": None, "opens_at": None},
            "en",
            "The change window is not open now. Its last day was 25 March 2023. "
            "The next period has not been confirmed yet. "
            "Ask the study centre about it, or ask for an extension for your organisation.",
            id="after the last window, in English",
        ),
        pytest.param(
            "wrong-state",
            FACTS["wrong-state"],
            "fi",
            "Toiminto ei ole mahdollinen, kun tila on: päätös tehty. "
            "Se on mahdollinen, kun tila on: luonnos tai palautettu täydennettäväksi.",
            id="states in words",
        ),
        pytest.param(
            "wrong-state",
            {"state": "withdrawn", "allowed": []},
            "en",
            "The action is not possible when the state is: withdrawn. "
            "Fetch the resource, check its state and choose an action that the state allows.",
            id="no state allows it",
        ),
        pytest.param(
            "wrong-state",
            {"state": "suspended", "allowed": ["open"], "because": "inviter-without-role"},
            "en",
            "The person who invited you can no longer grant this role, "
            "so ask another main user or the study centre for a new invitation.",
            id="an inviter without a role",
        ),
        pytest.param(
            "quota-exceeded",
            {"available": 0, "asked": 12, "hour_type": "peer_group"},
            "en",
            "The organisation does not have enough free hours in its quota. Free hours: 0. Requested hours: 12. "
            "Withdraw the plan of another peer study group, cancel another group, or ask the study centre for more "
            "hours.",
            id="hours of a peer group",
        ),
        pytest.param(
            "forbidden",
            {"because": "quotas-not-by-two", "most_hours": 0},
            "sv",
            "Kvoter för studiecirklar beviljas inte när två personer beslutar om timmar. Bevilja kvoten innan beslut "
            "av två slås på eller när de har upphört. Nu kan du bevilja högst 0 timmar.",
            id="quotas where two decide, in Swedish",
        ),
        pytest.param(
            "already-exists",
            {"because": "address-verified"},
            "en",
            "Another person has verified this email address. Enter another address in your profile. "
            "If you have registered twice, ask the study centre to merge the two records.",
            id="an address of another person",
        ),
        pytest.param(
            "wrong-state",
            {"still_reserved": 7, "trainings_total": 2, "still_due": date(2024, 1, 18)},
            "en",
            "The year cannot be closed, because hours are reserved. Reserved hours: 7. "
            "Wait until they have been used or released. "
            "Courses and peer groups to be settled before the year is closed: 2. "
            "Settle each of them with the call listed beside it. The last day for the year’s cost statements is "
            "18 January 2024. Close the year on the following day at the earliest.",
            id="a year that cannot be closed yet",
        ),
        pytest.param(
            "wrong-state",
            {"missing": "cost_statement"},
            "en",
            "The year cannot be closed, because no last day for its cost statements has been confirmed. "
            "Confirm one in the calendar first.",
            id="a year without a day for its statements",
        ),
        pytest.param(
            "pool-exceeded",
            {"available": 300, "asked": 301, "lowest": 700},
            "fi",
            "Tuntivarannossa pitää olla vähintään järjestöille jo myönnetyt tunnit. "
            "Vähimmäismäärä on 700 opetustuntia.",
            id="a pool that is made too small",
        ),
        pytest.param(
            "window-closed",
            {"kind": "unit_proposals", "closed_on": date(2023, 3, 25), "ask": "main_user"},
            "en",
            "The period for the units’ hour proposals is not open now. Its last day was 25 March 2023. "
            "The next period has not been confirmed yet. Ask the main user of your central organisation about it.",
            id="a central organisation's own days",
        ),
        pytest.param(
            "organisation-in-use",
            FACTS["organisation-in-use"],
            "fi",
            "Järjestöä ei voi siirtää eikä merkitä päättyneeksi, koska sillä on vielä avoimelle vuodelle "
            "jaettuja tai varattuja tunteja tai keskeneräisiä tuntiehdotuksia, koulutuksia tai vertaisopintoryhmiä. "
            "Järjestöllä on: vuosi 2023, jaettuja tunteja 120, varattuja tunteja 0, "
            "keskeneräisiä tuntiehdotuksia 1, keskeneräisiä koulutuksia ja vertaisopintoryhmiä 0; "
            "vuosi 2024, jaettuja tunteja 45\u00a0483, "
            "varattuja tunteja 3, keskeneräisiä tuntiehdotuksia 0, keskeneräisiä koulutuksia ja vertaisopintoryhmiä 2. "
            "Ota ensin jaetut tunnit takaisin ja vapauta varatut tunnit. "
            "Peru tuntiehdotukset tai odota, että niistä tehdään päätös. "
            "Peru koulutukset ja vertaisopintoryhmät tai selvitä niiden kulut kuluselvityksellä.",
            id="an organisation's hours year by year",
        ),
        pytest.param(
            "precondition-failed",
            {"etag": '"{etag}"'},
            "en",
            "The resource has changed since you fetched it, so your change was not made. "
            'The current version is "{etag}". Fetch the resource, make your change again '
            'and send it with If-Match: "{etag}".',
            id="a fact is never read as a template",
        ),
    ],
)
def test_details(code: str, facts: dict[str, object], language: Language, expected: str) -> None:
    assert detail_of(code, facts, language) == expected


def test_an_unknown_field_error_has_a_general_text() -> None:
    assert field_error_of("of-tomorrow", {"n": 1}, "sv").startswith("Värdet är inte giltigt.")
