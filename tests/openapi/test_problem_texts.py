"""The texts of problems: the three languages say the same, and every refusal says something useful."""

import ast
import re
import tomllib
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from app.api.problem_texts import (
    CODES,
    detail_of,
    fault_detail_of,
    index_page,
    page_of,
    preferred_language,
    title_of,
)
from app.domain import errors
from app.domain.access import Role
from app.domain.organisations.organisations import Language
from app.domain.people.signatures import Finding

LANGUAGES: tuple[Language, ...] = ("fi", "sv", "en")
DIRECTORY = Path(__file__).parents[2] / "openapi" / "problems"
CATALOGUES: dict[str, dict[str, Any]] = {
    language: tomllib.loads((DIRECTORY / f"{language}.toml").read_text(encoding="utf-8")) for language in LANGUAGES
}
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
    "wrong-state": {"state": "decided", "allowed": ["draft", "sent_back"]},
    "pool-exceeded": {"available": 45483, "asked": 1234567},
    "quota-exceeded": {"available": 0, "asked": 1},
    "allotment-in-use": {"unit_id": SOME_ID, "in_use": 12, "asked": 0},
    "already-exists": {"existing_id": SOME_ID},
    "too-many": {"most": 20},
    "same-person": {"person_id": SOME_ID},
    "not-central": {"organisation_id": SOME_ID},
    "not-a-member": {"year": 2024, "active_from": date(2020, 1, 1), "active_until": date(2023, 12, 31)},
    "organisation-cycle": {"organisation_id": SOME_ID, "parent_id": OTHER_ID},
    "organisation-in-use": {
        "holds": [
            {"year": 2023, "allotted": 120, "reserved": 0, "open_proposals": 1},
            {"year": 2024, "allotted": 45483, "reserved": 3, "open_proposals": 0},
        ]
    },
    "signed-document-refused": {
        "finding": "certificate-expired",
        "signature": 2,
        "subject": "Common Name: Venla Pihlajasuo, Country: FI",
    },
    "image-refused": {"finding": "animated"},
    "runs-no-trainings": {"unit_id": SOME_ID},
    "by-invitation-only": {"organisation_id": SOME_ID},
    "assignment-overlap": {"organisation_id": SOME_ID, "overlaps_with": OTHER_ID},
    "base-right-required": {"organisation_id": SOME_ID},
    "deadline-overlap": {"kind": "proposal_round", "hours_year": 2024, "overlaps_with": SOME_ID},
    "forbidden": {"roles": ["main_user", "staff"], "because": "not-a-party"},
    "last-staff": {"needed_from": datetime(2024, 1, 1, 10, tzinfo=UTC)},
    "last-main-user": {"organisation_id": SOME_ID, "needed_from": datetime(2024, 1, 1, 10, tzinfo=UTC)},
}


def facts_named_in(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def shape_of(value: Any) -> Any:
    """What must be the same in every language: keys, the facts of each sentence, and no words."""
    match value:
        case dict():
            return {key: (item if key in {"when", "unless"} else shape_of(item)) for key, item in value.items()}
        case list():
            return [shape_of(item) for item in value]
        case _:
            return facts_named_in(value)


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("table", ["frame", "words", "faults", "problems"])
def test_the_languages_have_the_same_codes_words_and_facts(table: str, language: str) -> None:
    assert shape_of(CATALOGUES[language][table]) == shape_of(CATALOGUES["fi"][table])
    assert list(CATALOGUES[language][table]) == list(CATALOGUES["fi"][table])


def test_every_refusal_of_the_rules_has_its_texts() -> None:
    assert {refusal.code for refusal in refusals_below(errors.DomainError)} <= CODES
    assert FACTS.keys() <= CODES


def refusals_below(base: type[errors.DomainError]) -> list[type[errors.DomainError]]:
    below = [deeper for refusal in base.__subclasses__() for deeper in refusals_below(refusal)]
    return [base, *below] if hasattr(base, "code") else below


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(CODES))
def test_a_detail_is_whole_with_all_its_facts_and_without_any(code: str, language: Language) -> None:
    given = FACTS.get(code, {})
    for facts in (given, dict.fromkeys(given), {}):
        detail = detail_of(code, facts, language)
        assert detail.count(".") >= 2, "It says what is wrong and what to do next."
        assert not set("{}") & set(detail)
        assert "None" not in detail
    assert title_of(code, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(FACTS))
def test_every_fact_named_by_a_sentence_is_one_that_the_refusal_gives(code: str, language: Language) -> None:
    named = set[str]().union(
        *(
            facts_named_in(sentence["text"]) | {*sentence.get("when", ()), *sentence.get("unless", ())}
            for sentence in CATALOGUES[language]["problems"][code]["sentences"]
        )
    )
    more = {
        "wrong-state": {"still_reserved", "still_due", "missing"},
        "pool-exceeded": {"lowest"},
        "window-closed": {"ask"},
        "forbidden": {"scope"},
    }
    assert named <= FACTS[code].keys() | more.get(code, set())


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_instant_is_told_how_it_is_written_in_an_address(language: Language) -> None:
    assert "%2B" in fault_detail_of("datetime-parsing", {}, language), "A bare + in a query is a space."


def test_the_apostrophe_is_the_same_throughout() -> None:
    text = (DIRECTORY / "en.toml").read_text(encoding="utf-8")
    assert "'" not in re.sub(r"`[^`]+`", "", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_whose_the_action_is_has_words(language: Language) -> None:
    words = CATALOGUES[language]["words"]
    assert words.keys() >= {*get_args(Role), "own-matter", "person-only", "not-a-party"}
    told = detail_of("forbidden", {"roles": ["main_user", "staff"], "because": "not-a-party"}, language)
    assert all(words[word] in told for word in ("main_user", "staff"))
    assert "GET /v1/me" not in told, "No role would help."


def test_the_kinds_of_deadlines_and_the_states_have_words() -> None:
    kinds = {
        "proposal_round",
        "decision_period",
        "training_entry",
        "change_window",
        "cost_statement",
        "unit_proposals",
        "data_confirmation",
    }
    of_proposals = {"draft", "submitted", "sent_back", "included", "decided", "withdrawn"}
    of_requests = {"submitted", "approved", "partially_approved", "rejected", "withdrawn"}
    of_rights = {"applied", "granted", "rejected", "withdrawn", "upcoming", "in_force", "ended", "open", "closed"}
    of_accounts = {"proposed", "approved", "rejected", "withdrawn"}
    assert kinds | of_accounts | of_proposals | of_requests | of_rights <= CATALOGUES["fi"]["words"].keys()


def test_the_findings_of_signed_documents_have_words() -> None:
    assert set(get_args(Finding)) <= CATALOGUES["fi"]["words"].keys()


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
            "The change window is not open now. Its previous last day was 25 March 2023. "
            "The next period has not been confirmed yet. "
            "Ask the study centre about it, or ask for an extension for your organisation.",
            id="after the last window, in English",
        ),
        pytest.param(
            "wrong-state",
            FACTS["wrong-state"],
            "fi",
            "Toiminto ei ole mahdollinen, kun tila on: päätös tehty. "
            "Tilat, joissa se on mahdollinen: luonnos, palautettu täydennettäväksi.",
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
            {"still_reserved": 7, "still_due": date(2024, 1, 18)},
            "en",
            "The year cannot be closed, because hours are reserved. Reserved hours: 7. "
            "Wait until they have been used or released. The last day for the year’s cost statements is "
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
            "Tuntivarannon pienin mahdollinen tuntimäärä on 700.",
            id="a pool that is made too small",
        ),
        pytest.param(
            "window-closed",
            {"kind": "unit_proposals", "closed_on": date(2023, 3, 25), "ask": "main_user"},
            "en",
            "The period for the units’ hour proposals is not open now. Its previous last day was 25 March 2023. "
            "The next period has not been confirmed yet. Ask the main user of your central organisation about it.",
            id="a central organisation's own days",
        ),
        pytest.param(
            "organisation-in-use",
            FACTS["organisation-in-use"],
            "fi",
            "Järjestöä ei voi siirtää eikä merkitä päättyneeksi, koska sillä on vielä avoimelle vuodelle "
            "jaettuja tai varattuja tunteja tai keskeneräisiä tuntiehdotuksia. "
            "Järjestöllä on: vuosi 2023, jaettuja tunteja 120, varattuja tunteja 0, "
            "keskeneräisiä tuntiehdotuksia 1; vuosi 2024, jaettuja tunteja 45\u00a0483, varattuja tunteja 3, "
            "keskeneräisiä tuntiehdotuksia 0. "
            "Ota ensin jaetut tunnit takaisin ja vapauta varatut tunnit. "
            "Peru tuntiehdotukset tai odota, että niistä tehdään päätös.",
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


@pytest.mark.parametrize(
    ("fact", "fi", "sv", "en"),
    [
        (0, "0", "0", "0"),
        (2024, "2024", "2024", "2024"),
        (45483, "45\u00a0483", "45\u00a0483", "45,483"),
        (-10_000_000, "−10\u00a0000\u00a0000", "−10\u00a0000\u00a0000", "−10,000,000"),
        (date(2023, 3, 13), "13.3.2023", "13.3.2023", "13 March 2023"),
        # Midnight in Helsinki is 22:00 of the day before in winter and 21:00 in summer, in UTC.
        (
            datetime(2023, 3, 12, 22, tzinfo=UTC),
            "13.3.2023 klo 0.00",
            "13.3.2023 kl. 0.00",
            "13 March 2023 at 00:00",
        ),
        (
            datetime(2023, 8, 14, 6, 5, tzinfo=UTC),
            "14.8.2023 klo 9.05",
            "14.8.2023 kl. 9.05",
            "14 August 2023 at 09:05",
        ),
        (SOME_ID, str(SOME_ID), str(SOME_ID), str(SOME_ID)),
        (["draft", 3], "draft, 3", "draft, 3", "draft, 3"),
    ],
)
def test_forms_of_numbers_days_and_instants(fact: object, fi: str, sv: str, en: str) -> None:
    assert fault_detail_of("greater-than-equal", {"ge": fact}, "fi") == f"Anna luku, joka on vähintään {fi}."
    assert fault_detail_of("greater-than-equal", {"ge": fact}, "sv") == f"Ange ett tal som är minst {sv}."
    assert fault_detail_of("greater-than-equal", {"ge": fact}, "en") == f"Give a number that is at least {en}."


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")
    hours: Annotated[int, Field(strict=True, ge=1, le=10_000_000)]


HOSTILE: list[object] = [
    None, True, 0, -1, 1.5, 10**12, 10**400, float("nan"), float("inf"), "", "a" * 300, "\ud800", "9" * 5000,
    [], [1] * 300, {}, {"hours": 1, "more": 1}, {"hours": "1"},
    "2023-02-30", "2023-01-01T10:00:00", "2023-01-01T00:00:00+99:99",
    "99999999999999999999", {1: 2}, SOME_ID,
]  # fmt: skip


@pytest.mark.parametrize(
    "kind",
    [
        int,
        Annotated[int, Field(strict=True, gt=0, lt=9)],
        Annotated[str, Field(min_length=1, max_length=200, pattern="^[0-9]+$")],
        Annotated[list[int], Field(min_length=1, max_length=200)],
        bool,
        UUID,
        date,
        AwareDatetime,
        Literal["central", "district"],
        Line,
        Line | None,
        dict[str, int],
        None,
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_every_fault_that_pydantic_finds_in_our_kinds_of_input_has_its_own_text(kind: Any, strict: bool) -> None:
    found: dict[str, dict[str, object]] = {}
    for value in HOSTILE:
        try:
            TypeAdapter(kind).validate_python(value, strict=strict)
        except ValidationError as refused:
            found |= {fault["type"].replace("_", "-"): fault.get("ctx", {}) for fault in refused.errors()}
    assert found.keys() <= CATALOGUES["fi"]["faults"].keys()
    for code, facts in found.items():
        assert " or " not in fault_detail_of(code, facts, "fi"), "Pydantic's English is not passed on."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CATALOGUES["fi"]["faults"])
def test_a_fault_has_a_text_also_without_its_facts(code: str, language: Language) -> None:
    detail = fault_detail_of(code, {}, language)
    assert detail
    assert not set("{}") & set(detail)


def test_every_fault_that_our_own_code_finds_has_its_text() -> None:
    places_of_the_code = {"Fault": 1, "PydanticCustomError": 0, "Form": 0}
    found = {
        str(code.value).replace("_", "-")
        for path in (DIRECTORY.parents[1] / "app").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in places_of_the_code
        for code in call.args[places_of_the_code[call.func.id] :][:1]
        if isinstance(code, ast.Constant)
    }
    assert found
    assert found <= CATALOGUES["fi"]["faults"].keys()


def test_values_allowed_are_listed_as_they_are_to_be_sent() -> None:
    facts = {"expected": "'draft', 'submitted' or 'decided'"}
    listed = "draft, submitted, decided."
    assert fault_detail_of("literal-error", facts, "fi") == f"Arvo ei kelpaa. Sallitut arvot: {listed}"
    assert fault_detail_of("literal-error", facts, "sv") == f"Värdet är inte tillåtet. Tillåtna värden: {listed}"


def test_an_unknown_fault_has_a_general_text() -> None:
    assert fault_detail_of("of-tomorrow", {"n": 1}, "sv").startswith("Värdet är inte giltigt.")


@pytest.mark.parametrize(
    ("accept_language", "expected"),
    [
        (None, "fi"),
        ("", "fi"),
        ("sv", "sv"),
        ("sv-FI", "sv"),
        ("SV-fi", "sv"),
        ("en-GB, en;q=0.9", "en"),
        ("de, sv;q=0.4, en;q=0.5", "en"),
        ("sv;q=0.5, en;q=0.5", "sv"),
        ("en ; q=0.2 ,\tsv;Q=1.000", "sv"),
        ("de", "fi"),
        ("*", "fi"),
        ("fi;q=0", "fi"),
        ("fi;q=0, *;q=0.1", "sv"),
        ("fi;q=0, sv;q=0, *", "en"),
        ("fi;q=0.1, *;q=0.9", "sv"),
        ("sv;q=0, en;q=0.001", "en"),
        # What the grammar does not know counts for nothing.
        ("sv;q=2", "fi"),
        ("sv;q=-1, en", "en"),
        ("sv;q=nan", "fi"),
        ("sv;q=0.1234", "fi"),
        ("sv;level=1", "fi"),
        (";;;,,,;q=", "fi"),
        ("\x00\ud800,sv", "sv"),
        ("q=1" * 20_000, "fi"),
        (" ;" * 30_000 + ",sv", "sv"),
    ],
)
def test_the_language_is_the_one_that_the_caller_rates_highest(accept_language: str | None, expected: str) -> None:
    assert preferred_language(accept_language) == expected


class Outline(HTMLParser):
    """Reads a page as a browser would: what is opened is closed, and nothing comes from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.starts: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.starts.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", [*sorted(CODES), "the index"])
def test_a_page_is_whole_and_leads_to_the_other_languages(code: str, language: Language) -> None:
    page = index_page(language) if code == "the index" else page_of(code, language)
    assert page is not None
    outline = Outline()
    outline.feed(page)
    assert outline.open == []
    assert ("html", {"lang": language}) in outline.starts
    assert [tag for tag, _ in outline.starts].count("h1") == 1
    assert not {"link", "script", "img", "iframe"} & {tag for tag, _ in outline.starts}
    links = [attributes["href"] for tag, attributes in outline.starts if tag == "a"]
    assert {f"?lang={other}" for other in LANGUAGES if other != language} <= set(links)
    assert all(link and link.startswith(("?lang=", "/problems")) for link in links)
    assert "`" not in page


def test_the_index_leads_to_every_page() -> None:
    index = index_page("fi")
    assert all(f'href="/problems/{code}?lang=fi"' in index for code in CODES)


@pytest.mark.parametrize("code", ["", "of-tomorrow", "<script>", "../fi", "Busy"])
def test_an_unknown_code_has_no_page(code: str) -> None:
    assert page_of(code, "en") is None
