"""Files of certificates as the service makes them: their seal, QR code and pictures, and that nothing changes them."""

import io
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader

from app.db.identifiers import new_id
from app.domain.calendar.deadlines import HELSINKI
from app.sandbox.main import create_app
from app.settings import Settings
from tests.api.trainings.certificate_steps import Course, document_of, made
from tests.api.trainings.model_steps import ok
from tests.builders import Centre, Person
from tests.documents.accessible import root_of
from tests.documents.certificate_facts import picture
from tests.documents.chains import chain
from tests.documents.foreign import Files
from tests.documents.test_certificates import figures_of, qr_code_on
from tests.documents.test_sealing import judged
from tests.pdf_text import needs_pdftotext, text_of
from tests.server import serving
from tests.trainings import participant_reader

AT = datetime(2023, 5, 2, 12, tzinfo=HELSINKI)
PNG = {"Content-Type": "image/png"}


@pytest.fixture
def course(centre: Centre, central: UUID, unit: UUID, main_user: Person, manager: Person, staff: Person) -> Course:
    course = Course.of(centre, central, unit, main_user, manager, staff)
    centre.clock_at(AT)
    return course


def made_at(centre: Centre, address: str, course: Course) -> tuple[dict[str, Any], bytes]:
    """A certificate from the service at the address."""
    centre.address = address
    writer = Person(course.writer.id, centre.signed_in(course.writer.id))
    certificate = made(writer, course.completion())
    return certificate, document_of(writer, certificate)


def test_a_certificate_has_a_valid_seal_if_one_is_configured(
    course: Course, centre: Centre, settings: Settings, tmp_path: Path
) -> None:
    root, own = chain("Juuri", "Opintokeskus Esimerkki", at=AT)
    files = Files(tmp_path, own.identity)
    own_seal = {"seal_certificate": files.certificate, "seal_key": files.key}
    with serving(create_app(settings.model_copy(update=own_seal))) as address:
        certificate, document = made_at(centre, address, course)
    assert certificate["sealed"] is True
    status = judged(document, root, at=AT)
    assert status.bottom_line
    assert status.signer_reported_dt == AT
    assert certificate["digest"] == sha256(document).hexdigest()


def test_a_certificate_has_no_seal_if_none_is_configured(course: Course, centre: Centre, settings: Settings) -> None:
    without = settings.model_copy(update={"seal_certificate": None, "seal_key": None})
    with serving(create_app(without)) as address:
        certificate, document = made_at(centre, address, course)
    assert certificate["sealed"] is False
    assert PdfFileReader(io.BytesIO(document)).embedded_signatures == []


@needs_pdftotext
def test_the_qr_code_of_a_certificate_leads_to_its_check(
    course: Course, centre: Centre, public_service: str, slug: str, tmp_path: Path
) -> None:
    certificate, document = made_at(centre, public_service, course)
    address = qr_code_on(document, tmp_path)
    assert address == f"{public_service}/v1/public/{slug}/certificates/{certificate['code']}"
    assert ok(httpx.get(address, timeout=60))["state"] == "in_force"


@needs_pdftotext
@pytest.mark.parametrize("has_slug", [True, False])
def test_a_certificate_without_a_public_address_is_checked_at_the_study_centre(
    course: Course, centre: Centre, service: str, public_service: str, tmp_path: Path, *, has_slug: bool
) -> None:
    """The service has no public URL, or the study centre no public name."""
    if has_slug:
        centre.owner.execute("UPDATE study_centres SET slug = %s", [f"malli-{str(centre.id)[-12:]}"])
    _, document = made_at(centre, service if has_slug else public_service, course)
    shown = text_of(document, tmp_path)
    assert "tarkistaa tällä koodilla opintokeskuksesta Opintokeskus Esimerkki." in shown
    assert "http" not in shown
    # The signatures alone.
    assert len(figures_of(root_of(document).root["/StructTreeRoot"])) == 2


@needs_pdftotext
def test_the_logos_of_both_are_on_the_certificate(course: Course, staff: Person, tmp_path: Path) -> None:
    colours = {"#aa1122": "/v1/study-centre/logo", "#2211aa": f"/v1/organisations/{course.central}/logo"}
    for colour, path in colours.items():
        drawn = io.BytesIO()
        Image.new("RGB", (200, 80), colour).save(drawn, "PNG")
        owner = staff if "study-centre" in path else course.main_user
        ok(owner.client.put(path, content=drawn.getvalue(), headers=PNG))
    document = document_of(course.writer, made(course.writer, course.completion()))
    figures = figures_of(root_of(document).root["/StructTreeRoot"])
    assert {"Logo: Opintokeskus Esimerkki", "Logo: Marttaliitto"} <= set(figures)
    assert {tuple(bytes.fromhex(colour[1:])) for colour in colours} <= set(_colours_in(document, tmp_path))


def _colours_in(document: bytes, tmp_path: Path) -> Iterator[object]:
    """The colour in the middle of each picture, as another program takes them out."""
    file = tmp_path / "certificate.pdf"
    file.write_bytes(document)
    subprocess.run(["pdfimages", "-png", file, tmp_path / "picture"], check=True)
    for found in tmp_path.glob("picture-*.png"):
        image = Image.open(found).convert("RGB")
        yield image.getpixel((image.width // 2, image.height // 2))


@dataclass
class Certified:
    """A completion that has a certificate, and those who may do something afterwards."""

    course: Course
    email: str
    participant: str
    completion: str
    certificate: str
    reader: Person
    learner: Person

    @classmethod
    def of(cls, course: Course, reader: Person) -> "Certified":
        course.sign()
        course.centre.owner.execute("UPDATE organisations SET active_until = NULL")
        path = f"/v1/trainings/{course.id}/participants"
        email = f"{new_id()}@example.org"
        participant = ok(course.writer.post(path, {"name": "Kaisa Kuusiranta", "email": email}), 201)["id"]
        completion = course.completion(participant_id=UUID(participant))
        learner = course.learner(completion)
        certificate = made(learner, completion)["id"]
        return cls(course, email, participant, str(completion), certificate, reader, learner)

    def correct(self) -> httpx.Response:
        finding = {"outcome": "passed", "completed_on": "2023-04-15", "assessed_by": "Kaisa", "attended": True}
        body = finding | {"name": "Kaisa Kuusi", "reason": "Nimi oli väärin"}
        answer = self.course.writer.post(f"/v1/completions/{self.completion}/correction", body)
        self.completion = answer.json().get("id", self.completion)
        return answer

    def certify_in_finnish(self) -> httpx.Response:
        return self.course.writer.post(f"/v1/completions/{self.completion}/certificates", {"language": "fi"})

    def certify_in_swedish(self) -> httpx.Response:
        return self.learner.post(f"/v1/completions/{self.completion}/certificates", {"language": "sv"})

    def withdraw(self) -> httpx.Response:
        return self.reader.post(f"/v1/certificates/{self.certificate}/withdrawal", {"reason": "Väärä henkilö"})

    def read_in_swedish(self) -> httpx.Response:
        headers = {"Accept-Language": "sv"}
        return self.course.writer.get(f"/v1/certificates/{self.certificate}/document", headers=headers)

    def read_those_of_the_course(self) -> httpx.Response:
        return self.course.writer.post(f"/v1/trainings/{self.course.id}/certificate-batches", {})

    def sign_otherwise(self) -> httpx.Response:
        return self.course.main_user.client.put(self._image, content=picture(100, 60), headers=PNG)

    def remove_a_signature(self) -> httpx.Response:
        return self.course.main_user.delete(self._image)

    def erase_the_participant(self) -> httpx.Response:
        return self.course.main_user.post("/v1/participant-erasures", {"email": self.email, "reason": "Pyyntö"})

    def erase_the_learner(self) -> httpx.Response:
        return self.learner.post(f"/v1/people/{self.learner.id}/erasure", {"reason": "Oma pyyntö"})

    def rename_and_end_the_membership(self) -> None:
        self.course.centre.owner.execute(
            "UPDATE organisations SET name = name || ' ry', active_until = '2023-04-30' WHERE id = %s",
            [self.course.central],
        )

    def certificates(self) -> list[str]:
        """All certificates of the participant."""
        rows = self.course.centre.rows(
            "SELECT certificates.id::text FROM certificates JOIN completions ON completions.id = completion_id "
            "WHERE participant_id = %s",
            self.participant,
        )
        return [certificate_id for (certificate_id,) in rows]

    @property
    def _image(self) -> str:
        return f"/v1/organisations/{self.course.central}/signature-image"


STEPS: list[Callable[[Certified], httpx.Response | None]] = [
    Certified.correct,
    Certified.certify_in_finnish,
    Certified.certify_in_swedish,
    Certified.withdraw,
    Certified.read_in_swedish,
    Certified.read_those_of_the_course,
    Certified.sign_otherwise,
    Certified.remove_a_signature,
    Certified.erase_the_participant,
    Certified.erase_the_learner,
    Certified.rename_and_end_the_membership,
]


@pytest.mark.long
@examples(
    max_examples=max(4, examples().max_examples // 25), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=5))
def test_nothing_changes_a_certificate(
    course: Course, centre: Centre, steps: list[Callable[[Certified], httpx.Response | None]]
) -> None:
    """Whatever follows: its bytes, digest and code are read again as they were, and it only ends."""
    certified = Certified.of(course, participant_reader(centre))
    seen: dict[str, tuple[bytes, dict[str, Any]]] = {}
    for step in [None, *steps]:
        answer = step(certified) if step else None
        # Who is erased is no caller, and some steps are refused after others.
        assert answer is None or answer.status_code in {200, 201, 204, 403, 404, 409}, answer.text
        for certificate_id in certified.certificates():
            shown = ok(course.writer.get(f"/v1/certificates/{certificate_id}"))
            document = document_of(course.writer, shown)
            assert sha256(document).hexdigest() == shown["digest"]
            fixed = {name: value for name, value in shown.items() if name not in {"state", "ended_at", "reason"}}
            assert seen.setdefault(certificate_id, (document, fixed)) == (document, fixed)
