"""What a browser shows at the public addresses of a certificate and of a shared study register: pages in three
languages, with the facts of the JSON that programs get."""

from collections.abc import Callable
from html import escape
from uuid import UUID

import httpx
import pytest

from app.domain.trainings.certificates import grouped
from tests.api.trainings.certificate_steps import Course
from tests.api.trainings.model_steps import ok
from tests.builders import Centre, Person, refusal

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
"""What browsers accept when a person opens an address."""
Opening = Callable[..., httpx.Response]


@pytest.fixture
def centre(centre: Centre, public_service: str) -> Centre:
    """A service without a public URL shares nothing."""
    centre.address = public_service
    return centre


@pytest.fixture
def course(centre: Centre, central: UUID, unit: UUID, main_user: Person, manager: Person, staff: Person) -> Course:
    made = Course.of(centre, central, unit, main_user, manager, staff)
    centre.clock(2023, 5, 2, 12)
    return made


@pytest.fixture
def opened(public: httpx.Client) -> Opening:
    """Open an address in a browser of that language."""

    def opened(path: str, language: str = "en", status: int = 200) -> httpx.Response:
        page = public.get(path, headers={"Accept": BROWSER, "Accept-Language": language})
        assert (page.status_code, page.headers["Content-Type"]) == (status, "text/html; charset=utf-8"), page.text
        assert page.headers["Cache-Control"] == "no-store"
        assert {each.strip() for each in page.headers["Vary"].split(",")} >= {"Accept", "Accept-Language"}
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "script-src 'none'" in page.headers["Content-Security-Policy"]
        assert "<script" not in page.text
        assert f'<html lang="{page.headers["Content-Language"]}">' in page.text
        return page

    return opened


def certificate_of(course: Course, completion: UUID) -> dict[str, str]:
    made: dict[str, str] = ok(course.writer.post(f"/v1/completions/{completion}/certificates", {}), 201)
    return made


def facts_in(page: str) -> dict[str, str]:
    items = [item.partition("</dt><dd>") for item in page.split("<dt>")[1:]]
    return {label: fact.partition("</dd>")[0] for label, _, fact in items}


def test_the_page_of_a_certificate_says_what_the_certificate_says(course: Course, slug: str, opened: Opening) -> None:
    code = certificate_of(course, course.completion())["code"]
    path = f"/v1/public/{slug}/certificates/{code}"
    page = opened(path).text
    assert "<h1>The certificate is in force</h1>" in page
    assert facts_in(page) == {
        "Code": grouped(code),
        "Course": "Ryhmänohjaajan peruskurssi",
        "Version": "1",
        "Study credits": "2",
        "Completed on": "15 April 2023",
        "Certificate issued on": "2 May 2023",
        "Organiser": "Hämeen Martat",
        "Central organisation": "Marttaliitto",
        "Study centre": "Opintokeskus Esimerkki",
    }
    assert "Kuusiranta" not in page
    assert facts_in(opened(path, "fi").text)["Suorituspäivä"] == "15.4.2023"
    in_swedish = opened(path, "sv-FI, fi;q=0.8").text
    assert "<h1>Intyget är giltigt</h1>" in in_swedish
    assert 'href="?lang=fi"' in in_swedish
    assert "<h1>Todistus on voimassa</h1>" in opened(f"{path}?lang=fi", "sv").text
    # As a person writes it.
    assert grouped(code) in opened(f"/v1/public/{slug}/certificates/{grouped(code).lower()}").text


def test_programs_go_on_to_get_json(course: Course, public: httpx.Client, slug: str) -> None:
    path = f"/v1/public/{slug}/certificates/{certificate_of(course, course.completion())['code']}"
    shown = public.get(path)
    assert shown.headers["Vary"] == "Accept, Accept-Language"
    for accept in ("application/json", "*/*", "application/json, text/html;q=0.9"):
        assert ok(public.get(path, headers={"Accept": accept})) == ok(shown)
    unknown = public.get(f"{path[:-1]}{'0' if path[-1] != '0' else '1'}")
    assert refusal(unknown) == (404, "not-found")
    assert {each.strip() for each in unknown.headers["Vary"].split(",")} == {"Accept", "Accept-Language"}


def test_the_page_says_if_a_certificate_is_in_force_no_more(course: Course, slug: str, opened: Opening) -> None:
    completion = course.completion()
    code = certificate_of(course, completion)["code"]
    path = f"/v1/public/{slug}/certificates/{code}"
    course.centre.owner.execute("UPDATE certificates SET state = 'withdrawn', ended_at = '2023-05-02'")
    assert "The certificate has been withdrawn" in opened(path).text
    course.centre.owner.execute("UPDATE certificates SET state = 'replaced'")
    assert "The certificate has been replaced" in opened(path).text


@pytest.mark.usefixtures("staff")
def test_a_person_learns_that_a_code_is_unknown(slug: str, opened: Opening) -> None:
    said = ("No certificate has this code", "Check the code.")
    for path in (f"/v1/public/{slug}/certificates/0000-0000-0000-0000", "/v1/public/ei-ole/certificates/0"):
        page = opened(path, status=404).text
        assert all(each in page for each in said)
        assert "/v1/" not in page
    assert "Inget intyg har den här koden" in opened(path, "sv", 404).text
    assert "<h1>Pyynnössä" in opened(f"/v1/public/{slug}/certificates/0?lang=xx", status=422).text


def shared(learner: Person) -> str:
    """The path of a new share."""
    made = ok(learner.post("/v1/me/study-register/shares", {"expires_on": "2023-05-30"}), 201)
    return "/v1/" + str(made["address"]).partition("/v1/")[2]


def test_a_shared_study_register_is_a_page_for_those_who_get_its_address(
    course: Course, slug: str, opened: Opening, public: httpx.Client
) -> None:
    assert slug
    completion = course.completion()
    learner = course.learner(completion)
    name = ok(learner.get("/v1/me"))["person"]["name"]
    path = shared(learner)
    page = opened(path).text
    assert f"<h1>Passed courses: {name}</h1>" in page
    assert "<h2>Ryhmänohjaajan peruskurssi</h2>" in page
    assert facts_in(page) == {
        "Study centre": "Opintokeskus Esimerkki",
        "Last day of the link": "30 May 2023",
        "Name in the register": "Kaisa Kuusiranta",
        "Version": "1",
        "Organiser": "Hämeen Martat",
        "Central organisation": "Marttaliitto",
        "Completed on": "15 April 2023",
        "Study credits": "2",
        "Grade": "Passed",
    }
    assert "<h1>Hyväksytyt suoritukset:" in opened(path, "fi").text
    assert ok(public.get(path))["name"] == name
    course.corrected(completion, outcome="failed")
    assert "No passed courses." in opened(path).text


def test_the_page_of_a_share_says_what_was_recognised_and_the_grade(course: Course, slug: str, opened: Opening) -> None:
    assert slug
    completion = course.completion(kind="recognition", grounds="Kymmenen vuoden kokemus", grade=4)
    shown = facts_in(opened(shared(course.learner(completion)), "sv").text)
    assert (shown["Genomförandesätt"], shown["Vitsord"]) == ("Erkänt kunnande", "4 (skala 1–5)")


def test_a_share_that_has_ended_is_a_page_too(course: Course, slug: str, opened: Opening) -> None:
    assert slug
    learner = course.learner(course.completion())
    path = shared(learner)
    [share] = ok(learner.get("/v1/me/study-register/shares"))["items"]
    assert learner.delete(f"/v1/me/study-register/shares/{share['id']}").status_code == 204
    assert "<h1>The link does not work</h1>" in opened(path, status=404).text


def test_names_are_never_read_as_html(course: Course, slug: str, opened: Opening) -> None:
    evil = "<b onclick=alert(1)>Martat</b> & `co`"
    owner = course.centre.owner
    owner.execute("UPDATE organisations SET name = %s", [evil])
    owner.execute("UPDATE study_centres SET name = %s", [evil])
    completion = course.completion(name=evil)
    pages = [
        opened(f"/v1/public/{slug}/certificates/{certificate_of(course, completion)['code']}").text,
        opened(shared(course.learner(completion))).text,
    ]
    for page in pages:
        assert "<b" not in page.replace("<body", "")
        assert escape(evil) in page
