"""A document is of one submission, also if another comes while it is made."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest
from psycopg.types.json import Jsonb

from app.db.connections import LimitedConnection
from app.local.embedded_postgres import Addresses
from app.sandbox.main import create_app
from app.settings import Settings
from tests.api.trainings.conftest import approved, submitted
from tests.api.trainings.test_cost_statements import PARTICIPANTS, sent
from tests.api.trainings.test_documents import read
from tests.builders import Centre, Person
from tests.conftest import SECRET
from tests.pdf_text import needs_pdftotext, text_of
from tests.server import serving

pytestmark = needs_pdftotext
TRIPS = 5
"""The service makes a document after at least this many round trips."""


class InterruptedConnection(LimitedConnection):
    """Something happens after one of the round trips of a request."""

    left = 0
    happens: ClassVar[Callable[[], None]]

    async def wait(self, *arguments: Any, **options: Any) -> Any:
        answer = await super().wait(*arguments, **options)
        if InterruptedConnection.left:
            InterruptedConnection.left -= 1
            if not InterruptedConnection.left:
                InterruptedConnection.happens()
        return answer


@pytest.fixture(scope="module")
def interrupted_service(database: Addresses) -> Iterator[str]:
    settings = Settings(database_url=database.service, secret_key=SECRET, sandbox=True)
    with serving(create_app(settings, connection_class=InterruptedConnection)) as address:
        yield address


@pytest.fixture
def reader(centre: Centre, interrupted_service: str) -> Person:
    centre.address = interrupted_service
    return centre.staff()


def check(reader: Person, path: str, kind: str, resubmit: Callable[[int], None], folder: Path) -> None:
    """Whenever the resubmission comes, the document of it is read afterwards."""
    for trips in range(1, TRIPS + 1):
        resubmit(100 + trips)
        InterruptedConnection.happens = partial(resubmit, trips)
        InterruptedConnection.left = trips
        read(reader, path, kind)
        assert InterruptedConnection.left == 0
        assert said(trips) in text_of(read(reader, path, kind), folder), trips


def said(number: int) -> str:
    return str(770 + number)


def test_a_statement_is_submitted_again_while_its_document_is_made(
    centre: Centre, manager: Person, staff: Person, unit: Any, reader: Person, tmp_path: Path
) -> None:
    training = approved(manager, staff, unit)
    centre.clock(2023, 4, 20)
    statement = sent(manager, training)

    def resubmit(number: int) -> None:
        participants = PARTICIPANTS | {"of_age": int(said(number))}
        statement_id = statement.rpartition("/")[2]
        with centre.owner.transaction():
            centre.owner.execute(
                "UPDATE cost_statements SET state = 'sent_back', participants = %s WHERE id = %s",
                [Jsonb(participants), statement_id],
            )
            centre.owner.execute("UPDATE cost_statements SET state = 'submitted' WHERE id = %s", [statement_id])

    check(reader, statement, "statement", resubmit, tmp_path)


def test_a_plan_is_submitted_again_while_its_document_is_made(
    centre: Centre, manager: Person, unit: Any, reader: Person, tmp_path: Path
) -> None:
    training = submitted(manager, unit)

    def resubmit(number: int) -> None:
        training_id = training.rpartition("/")[2]
        with centre.owner.transaction():
            centre.owner.execute(
                "UPDATE trainings SET state = 'sent_back', goals = %s WHERE id = %s", [said(number), training_id]
            )
            centre.owner.execute("UPDATE trainings SET state = 'submitted' WHERE id = %s", [training_id])

    check(reader, training, "plan", resubmit, tmp_path)
