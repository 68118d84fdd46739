"""The service once more, on the same database, with another secret key."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from pydantic import SecretStr

from app.sandbox.issuer import SandboxIssuer
from app.sandbox.main import create_app
from app.settings import Settings
from tests.builders import Centre, Person
from tests.conftest import SECRET
from tests.server import serving


@contextmanager
def after_another_secret_key(centre: Centre, settings: Settings, person: Person) -> Iterator[Person]:
    """The same person, as the service with the other key knows them."""
    other = SECRET[::-1]
    with serving(create_app(settings.model_copy(update={"secret_key": SecretStr(other)}))) as address:
        elsewhere = replace(centre, address=address, issuer=SandboxIssuer(other))
        yield Person(person.id, elsewhere.signed_in(person.id))
