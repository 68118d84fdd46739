"""The certificates of a course made by the worker, which is killed midway: each exists once.

`CERTIFICATES=1000` makes so many, and says how long it took (`make certificates`).
"""

import io
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from app import worker
from app.api.backend import Extension
from app.db.identifiers import new_id
from app.local.embedded_postgres import Addresses
from app.main import create_app
from app.sandbox.issuer import SandboxIssuer
from app.settings import Settings
from tests.api.trainings.certificate_steps import Course
from tests.api.trainings.model_steps import ok
from tests.builders import Centre, Person
from tests.conftest import SECRET
from tests.locks import another, until_one_waits
from tests.server import serving
from tests.test_worker import with_connections

MANY = int(os.environ.get("CERTIFICATES", "100"))
Work = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def course(centre: Centre, central: UUID, unit: UUID, main_user: Person, manager: Person, staff: Person) -> Course:
    made = Course.of(centre, central, unit, main_user, manager, staff)
    centre.clock(2023, 5, 2, 12)
    return made


@pytest.fixture
def work(database: Addresses, centre: Centre) -> Work:
    """Start a worker, which ends when nothing waits."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.api.trainings.dying_certifier", database.service]
    return lambda: subprocess.Popen([*command, str(centre.id)])


def requested(course: Course) -> UUID:
    """An order that waits, as outside a sandbox."""
    batch_id = new_id()
    course.centre.owner.execute(
        "INSERT INTO certificate_batches (id, training_id, language, state, requested_by, requested_at) "
        "VALUES (%s, %s, 'fi', 'waiting', %s, '2023-05-02')",
        [batch_id, course.id, course.writer.id],
    )
    return batch_id


def made_of(centre: Centre) -> dict[UUID, int]:
    """How many certificates each completion has."""
    rows = centre.rows("SELECT completion_id, count(*) FROM certificates GROUP BY 1")
    return dict(rows)


@pytest.mark.long
def test_a_worker_that_is_killed_leaves_the_rest_to_the_next_and_each_exists_once(
    course: Course, centre: Centre, work: Work
) -> None:
    completions = {course.completion(f"Oppija {number}") for number in range(MANY)}
    batch_id = requested(course)
    began = time.monotonic()
    with work() as process:
        try:
            until = time.monotonic() + 90
            while len(made_of(centre)) < MANY // 3 and time.monotonic() < until:
                time.sleep(0.02)
        finally:
            process.kill()
    before = made_of(centre)
    assert 0 < len(before) < MANY
    digests = dict(centre.rows("SELECT id, digest FROM certificates"))
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: work().wait(timeout=600), range(2))) == [0, 0]
    seconds = time.monotonic() - began
    assert made_of(centre) == dict.fromkeys(completions, 1)
    # What the dead worker had made is as it was.
    assert digests.items() <= dict(centre.rows("SELECT id, digest FROM certificates")).items()
    batch: dict[str, Any] = ok(course.writer.get(f"/v1/certificate-batches/{batch_id}"))
    assert (batch["state"], batch["certificates"]) == ("ready", MANY)
    [(uses,)] = centre.rows("SELECT count(*) FROM audit_entries WHERE action = 'signature-image.used'")
    assert uses == MANY
    answer = course.writer.get(f"/v1/certificate-batches/{batch_id}/file")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert len(set(archive.namelist())) == MANY
    sys.stdout.write(f"{MANY} certificates in {seconds:.0f} seconds, with a kill midway\n")


def test_outside_a_sandbox_a_request_waits_for_the_worker(
    course: Course, centre: Centre, database: Addresses, settings: Settings
) -> None:
    completion = course.completion()
    settings = settings.model_copy(update={"sandbox": False})
    extension = Extension(issuers=[SandboxIssuer(SECRET).keys], reads_clock=True)
    with serving(create_app(settings, extension=extension)) as address:
        centre.address = address
        writer = Person(course.writer.id, centre.signed_in(course.writer.id))
        batch = ok(writer.post(f"/v1/trainings/{course.id}/certificate-batches", {}), 201)
        assert (batch["state"], batch["certificates"], batch["finished_at"]) == ("waiting", 0, None)
        assert made_of(centre) == {}
        [making] = [job for job in worker.mail_jobs(settings) if job.__name__ == "make_certificates"]
        assert with_connections(database, lambda connections: worker.run(making, connections))
        batch = ok(writer.get(f"/v1/certificate-batches/{batch['id']}"))
        assert (batch["state"], batch["certificates"]) == ("ready", 1)
        file = writer.get(f"/v1/certificate-batches/{batch['id']}/file")
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        [name] = archive.namelist()
        digest = sha256(archive.read(name)).hexdigest()
    [certificate] = ok(course.writer.get(f"/v1/completions/{completion}/certificates"))["items"]
    assert (certificate["digest"], certificate["sealed"]) == (digest, True)


def test_a_completion_that_is_corrected_meanwhile_is_left_out(
    course: Course, centre: Centre, database: Addresses
) -> None:
    stays, goes = course.completion("Aino"), course.completion("Kaisa")
    path = f"/v1/trainings/{course.id}/certificate-batches"
    with another(centre, database) as other, ThreadPoolExecutor(1) as pool:
        with other.owner.transaction():
            other.owner.execute("UPDATE completions SET state = 'corrected' WHERE id = %s", [goes])
            waiting = pool.submit(course.writer.post, path, {})
            until_one_waits(centre)
        batch = ok(waiting.result(), 201)
    assert (batch["state"], batch["certificates"]) == ("ready", 1)
    assert made_of(centre) == {stays: 1}


@pytest.mark.long
def test_a_signature_that_is_removed_meanwhile_ends_the_request_and_says_why(
    course: Course, centre: Centre, work: Work
) -> None:
    course.completion()
    batch_id = requested(course)
    course.main_user.delete(f"/v1/organisations/{course.central}/signature-image")
    assert work().wait(timeout=60) == 0
    batch = ok(course.writer.get(f"/v1/certificate-batches/{batch_id}"))
    assert (batch["state"], batch["failure"]) == ("failed", "signature-missing")
    assert made_of(centre) == {}
