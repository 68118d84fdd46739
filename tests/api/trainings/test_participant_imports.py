"""`/v1/trainings/{id}/participant-imports`."""

import io
import zipfile
from typing import Any
from uuid import UUID

import httpx
import openpyxl
import pytest

from app.documents.tables import XLSX
from app.domain.trainings.participant_imports import LARGEST_FILE, MOST_ROWS
from tests.builders import Centre, Person, refusal
from tests.trainings import add_statement, add_training

HEADER = "name;email;gender;under_age\n"


@pytest.fixture
def training(centre: Centre, central: UUID) -> UUID:
    return add_training(centre, central)


@pytest.fixture
def path(training: UUID) -> str:
    return f"/v1/trainings/{training}"


def send(
    person: Person, path: str, content: str | bytes, media_type: str = "text/csv", **options: Any
) -> httpx.Response:
    body = content.encode() if isinstance(content, str) else content
    headers = {"Content-Type": media_type} | options.pop("headers", {})
    return person.post(f"{path}/participant-imports", content=body, headers=headers, **options)


def spreadsheet(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def shown(person: Person, path: str) -> list[tuple[Any, ...]]:
    items = person.get(f"{path}/participants", params={"limit": 200}).json()["items"]
    return [(each["name"], each["email"], each["gender"], each["under_age"]) for each in reversed(items)]


def errors_of(answer: httpx.Response) -> list[tuple[Any, ...]]:
    assert refusal(answer) == (422, "validation"), answer.text
    return [(error["row"], error.get("column"), error["code"]) for error in answer.json()["errors"]]


ROWS = [
    ("Aino Esimerkki", "aino@example.org", "female", False),
    ("Bertil; Berg", "Bertil@Example.org", "male", True),
    ("=Carita", None, None, False),
]
FILES: dict[str, tuple[str, str]] = {
    "semicolons": (
        f"{HEADER}Aino Esimerkki;aino@example.org;female;false\n"
        '"Bertil; Berg";Bertil@Example.org;male;true\n=Carita;;;\n',
        "text/csv",
    ),
    "commas, a byte order mark and other line ends": (
        "\ufeffname,email,gender,under_age\r\nAino Esimerkki,aino@example.org,female,no\r\n"
        "Bertil; Berg,Bertil@Example.org,male,yes\r\n\r\n=Carita\r\n",
        "text/csv; charset=utf-8",
    ),
    "Finnish, in another order": (
        "Alaikäinen;Sukupuoli;Sähköposti;Nimi\nei;nainen;aino@example.org;Aino Esimerkki\n"
        'kyllä;MIES;Bertil@Example.org;"Bertil; Berg"\n;;;=Carita\n',
        "text/csv",
    ),
    "Swedish": (
        "Namn;E-post;Kön;Minderårig\nAino Esimerkki;aino@example.org;kvinna;nej\n"
        '"Bertil; Berg";Bertil@Example.org;man;ja\n=Carita;;;nej',
        "text/csv",
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_all_rows_of_a_file_are_added(main_user: Person, path: str, centre: Centre, kind: str) -> None:
    content, media_type = FILES[kind]
    answer = send(main_user, path, content, media_type)
    assert answer.status_code == 201, answer.text
    assert answer.json() == {"added": 3, "participants": 3, "imported_at": "2023-03-15T12:00:00+02:00"}
    assert shown(main_user, path) == ROWS
    [(facts,)] = centre.rows("SELECT facts FROM audit_entries WHERE action = 'training-participants.imported'")
    assert facts == {"participants": 3, "year": 2023, "reference": facts["reference"]}


def test_a_spreadsheet_is_read(main_user: Person, path: str) -> None:
    rows: list[list[Any]] = [["Nimi", "Sähköposti", "Sukupuoli", "Alaikäinen"]]
    rows += [
        ["Aino", "aino@example.org", "nainen", False],
        [],
        ["Bertil", None, None, True],
        [358401234, None, None, "kyllä"],
    ]
    assert send(main_user, path, spreadsheet(*rows), XLSX).status_code == 201
    assert shown(main_user, path) == [
        ("Aino", "aino@example.org", "female", False),
        ("Bertil", None, None, True),
        ("358401234", None, None, True),
    ]
    moved: list[list[Any]] = [[], [], [None, None, "name", "phone"], [None, None, "Aino", "1"]]
    assert errors_of(send(main_user, path, spreadsheet(*moved), XLSX)) == [(3, "D", "unknown-column")]


def test_a_formula_is_never_a_name(main_user: Person, path: str) -> None:
    """One whose value has never been shown is empty, like a file without rows."""
    formula = spreadsheet(["name"], ['=HYPERLINK("https://x.example";1)'])
    for answer in (send(main_user, path, formula, XLSX), send(main_user, path, HEADER)):
        assert refusal(answer) == (422, "validation")
        assert [error["code"] for error in answer.json()["errors"]] == ["nothing-asked"]


def test_of_ten_thousand_rows_with_37_wrong_ones_none_is_added(main_user: Person, path: str) -> None:
    lines = [f"Nimi {n};nimi{n}@example.org;;" for n in range(MOST_ROWS)]
    wrong = range(100, 100 + 37 * 200, 200)
    for n in wrong:
        lines[n] = f"Nimi {n};nimi{n}@example.org;unknown;"
    answer = send(main_user, path, HEADER + "\n".join(lines))
    assert errors_of(answer) == [(n + 2, "gender", "literal-error") for n in wrong]
    assert answer.json()["faults"] == 37
    assert "nimi" not in answer.text.replace("/nimi", "").lower().split('"errors"')[1]
    assert shown(main_user, path) == []
    for n in wrong:
        lines[n] = f"Nimi {n};nimi{n}@example.org;other;"
    answer = send(main_user, path, HEADER + "\n".join(lines))
    assert answer.json()["added"] == MOST_ROWS
    page = main_user.get(f"{path}/participants", params={"include": "total"}).json()
    assert page["total"] == MOST_ROWS


def test_a_hundred_errors_are_listed_and_all_are_counted(main_user: Person, path: str) -> None:
    answer = send(main_user, path, HEADER + ";aino;f;maybe\n" * 137)
    assert answer.json()["faults"] == 4 * 137
    assert len(answer.json()["errors"]) == 100
    assert errors_of(answer)[:4] == [
        (2, "name", "missing"),
        (2, "email", "email-format"),
        (2, "gender", "literal-error"),
        (2, "under_age", "bool-parsing"),
    ]


def test_an_address_is_in_a_file_and_a_training_once(main_user: Person, path: str) -> None:
    main_user.post(f"{path}/participants", {"name": "Aino", "email": "Aino@example.org"})
    answer = send(
        main_user, path, f"{HEADER}Aino;aino@EXAMPLE.org;;\nBo;bo@example.org;;\nCai;;;\nBo;BO@example.org;;\n"
    )
    assert errors_of(answer) == [(2, "email", "already-a-participant"), (5, "email", "repeated")]
    assert "example.org" not in answer.text.lower()
    assert len(shown(main_user, path)) == 1


@pytest.mark.parametrize(
    ("content", "errors"),
    [
        ("email\na@example.org\n", [(1, "name", "missing")]),
        ("name;phone\nAino;1\n", [(1, "B", "unknown-column")]),
        ("name;nimi\nAino;Aino\n", [(1, "name", "repeated")]),
        ("name,email\nVirtanen, Aino,aino@example.org\n", [(2, "C", "unknown-column")]),
        (f"{HEADER}\x07Aino;;;\n", [(2, "name", "not-printable")]),
        (f"{HEADER}{'a' * 201};;;\n", [(2, "name", "string-too-long")]),
        (f"{HEADER}Aino;aino@localhost;;\n", [(2, "email", "email-format")]),
    ],
)
def test_wrong_tables_are_refused(
    main_user: Person, path: str, content: str, errors: list[tuple[int, str, str]]
) -> None:
    assert errors_of(send(main_user, path, content)) == errors


def bomb() -> bytes:
    """A spreadsheet whose sheet is two gigabytes of spaces."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(spreadsheet(["name"], ["Aino"]))) as book,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in book.namelist():
            content = book.read(name)
            with made.open(name, "w") as part:
                if name.endswith("sheet1.xml"):
                    head, _, tail = content.partition(b"Aino")
                    part.write(head)
                    for _ in range(600):
                        part.write(b"x" * 1024 * 1024)
                    part.write(tail)
                else:
                    part.write(content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"", "text/csv"),
        (b"\n\n", "text/csv"),
        (b"name\n\xff\n", "text/csv"),
        (b'name\n"Aino', "text/csv"),
        (b"name" + b";" * 1000, "text/csv"),
        (b"name;email\n", XLSX),
        (b"PK\x03\x04", XLSX),
    ],
)
def test_files_that_are_no_tables_are_refused(main_user: Person, path: str, content: bytes, media_type: str) -> None:
    answer = send(main_user, path, content, media_type)
    assert refusal(answer) == (422, "validation")
    assert [error["code"] for error in answer.json()["errors"]] == ["not-a-table"]


def test_a_spreadsheet_that_is_too_demanding_is_refused(main_user: Person, path: str) -> None:
    far = openpyxl.Workbook()
    far.active["A1"], far.active["XFD1048576"] = "name", "x"
    file = io.BytesIO()
    far.save(file)
    for content in (bomb(), file.getvalue()):
        assert len(content) < LARGEST_FILE
        answer = send(main_user, path, content, XLSX)
        assert refusal(answer) == (422, "validation")
        assert [error["code"] for error in answer.json()["errors"]] == ["not-a-table"]


def test_too_large_files_and_other_types_are_refused(main_user: Person, path: str) -> None:
    assert refusal(send(main_user, path, b"a" * (LARGEST_FILE + 1))) == (413, "payload-too-large")
    assert refusal(send(main_user, path, "{}", "application/json")) == (415, "unsupported-media-type")
    answer = send(main_user, path, "name\n" + "Aino\n" * (MOST_ROWS + 1))
    assert [error["code"] for error in answer.json()["errors"]] == ["too-many-rows"]
    assert refusal(send(main_user, path, HEADER, key=False)) == (400, "idempotency-key-required")


def test_an_import_is_repeated_with_its_key(main_user: Person, path: str) -> None:
    first = send(main_user, path, "name\nAino\n", key="one")
    again = send(main_user, path, "name\nAino\n", key="one")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    assert len(shown(main_user, path)) == 1
    assert refusal(send(main_user, path, "name\nBo\n", key="one")) == (422, "idempotency-key-reused")


def test_only_those_who_write_the_training_import(centre: Centre, training: UUID, path: str, main_user: Person) -> None:
    for person in (centre.staff(), centre.person("auditor")):
        assert refusal(send(person, path, "name\nAino\n")) == (403, "forbidden")
    other = centre.main_user(centre.organisation())
    assert refusal(send(other, path, b"no table", XLSX)) == (404, "not-found")
    add_statement(centre, training, "submitted")
    answer = send(main_user, path, "name\nAino\n")
    assert refusal(answer) == (409, "wrong-state")
    assert answer.json()["because"] == "statement-exists"
