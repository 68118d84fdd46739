"""`python -m app.setup`: the first study centre and its first staff member, outside the sandbox.

Works on the database of OWNER_DATABASE_URL, and migrates it to the newest revision.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import psycopg
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.exc import DBAPIError

from app.db.identifiers import new_id
from app.db.schema import WrongDatabaseError, prepared_database, with_options
from app.delivery.addresses import is_reachable
from app.services.people.email_verifications import verified

NO_ADDRESS = "staff@localhost"
"""In place of an address that is not given: the staff member changes it after signing in."""


class AlreadyThereError(RuntimeError):
    """A person with that subject has already been set up."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    owner = os.environ.get("OWNER_DATABASE_URL")
    if not owner:
        print("Set OWNER_DATABASE_URL to the database URL of the tables' owner.", file=sys.stderr)
        return 2
    issuer, subject = options.staff
    try:
        with prepared_database(owner, os.environ.get("ROLE_PREFIX") or "tuntipankki", sandbox=False):
            centre_id = make_study_centre(owner, options.study_centre, issuer, subject, options.name, options.email)
    except (WrongDatabaseError, AlreadyThereError) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except psycopg.OperationalError as error:
        print(f"The database does not respond: {error}", file=sys.stderr)
        return 1
    except (InsufficientPrivilege, DBAPIError) as error:
        if not isinstance(getattr(error, "orig", error), InsufficientPrivilege):
            raise
        print("OWNER_DATABASE_URL needs the role that owns the tables, not the service's.", file=sys.stderr)
        return 1
    print(f"{options.study_centre} ({centre_id}) is ready. Its first staff member signs in at {issuer}.")
    return 0


def make_study_centre(owner_address: str, study_centre: str, issuer: str, subject: str, name: str, email: str) -> UUID:
    """Create the study centre and its first staff member. Raise AlreadyThereError if the issuer's subject is known."""
    centre_id, person_id = new_id(), new_id()
    now = datetime.now(UTC)
    with psycopg.connect(with_options(owner_address, f"-c app.study_centre_id={centre_id}")) as connection:
        try:
            connection.execute("INSERT INTO study_centres (id, name) VALUES (%s, %s)", [centre_id, study_centre])
            connection.execute(
                "INSERT INTO persons (id, name, email, created_at) VALUES (%s, %s, %s, %s)",
                [person_id, name, email, now],
            )
            if email != NO_ADDRESS:
                connection.execute(
                    "UPDATE persons SET verified_email = %(verified_email)s, "
                    "verified_email_key = %(verified_email_key)s, verified_at = %(verified_at)s WHERE id = %(id)s",
                    verified(email, now) | {"id": person_id},
                )
            connection.execute(
                "INSERT INTO role_grants (id, person_id, role, valid_from) VALUES (%s, %s, 'staff', %s)",
                [new_id(), person_id, now],
            )
            connection.execute(
                "INSERT INTO callers (issuer, subject, study_centre_id, person_id) VALUES (%s, %s, %s, %s)",
                [issuer, subject, centre_id, person_id],
            )
        except psycopg.errors.UniqueViolation as error:
            raise AlreadyThereError(
                f"A person with the subject {subject!r} of {issuer} exists already. No changes were made."
            ) from error
    return centre_id


def _short_text(text: str) -> str:
    text = text.strip()
    if not text or "\0" in text or len(text) > 200:
        raise argparse.ArgumentTypeError("needs 1 to 200 characters")
    return text


def _address(text: str) -> str:
    text = _short_text(text)
    if text != NO_ADDRESS and not is_reachable(text):
        raise argparse.ArgumentTypeError(f"no email can reach {text}")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app.setup", description=__doc__)
    parser.add_argument("--study-centre", required=True, metavar="NAME", type=_short_text)
    parser.add_argument(
        "--staff",
        required=True,
        nargs=2,
        metavar=("ISSUER", "SUBJECT"),
        type=_short_text,
        help="`iss` and `sub` of the first staff member's access token",
    )
    parser.add_argument(
        "--name", default="Opintokeskuksen työntekijä", type=_short_text, help="the staff member's name"
    )
    parser.add_argument("--email", default=NO_ADDRESS, type=_address, help="the staff member's email address")
    return parser


if __name__ == "__main__":
    sys.exit(main())
