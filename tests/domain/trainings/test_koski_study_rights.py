"""The file for Koski, held to what Koski demands; each field and condition is broken by a file of its own."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.domain.trainings.koski_study_rights import Issuer, NamedLearner, StudyRight, upload_of
from tests.koski import (
    CONDITIONS,
    FIELDS,
    TOGETHER,
    Field,
    broken_conditions,
    broken_fields,
    broken_together,
    leaves_of,
)

ISSUER = Issuer(
    "1.2.246.562.10.00000000001",
    "1.2.246.562.10.00000000002",
    "tuntipankki",
    "Sylvi Rantakallio",
    {"fi": "rehtori", "sv": "rektor"},
)
LEARNER = NamedLearner("010190-900P", "Aava Kielo-Maria", "Kielo", "Tuulenpää")
NUMBER = "1.2.246.562.24.00000000003"
OID = "1.2.246.562.15.00000000004"
CREATED = StudyRight(
    source_id="0190a1b2-0000-7000-8000-000000000001",
    action="create",
    completed_on=date(2024, 5, 12),
    credits=2,
    grade=4,
    language="fi",
    study_unit="1138",
    local_code="0190a1b2-0000-7000-8000-0000000000aa",
    names={"fi": "Sienestämisen perusteet", "en": "Basics of mushroom picking"},
    descriptions={"fi": "Tunnistaa kymmenen sientä\nKertoo jokaisenoikeuksista", "en": "Knows ten mushrooms"},
    oid=None,
    cancelled_on=None,
)
CORRECTED = replace(CREATED, action="correct", grade=None, oid=OID)
CANCELLED = replace(CORRECTED, action="cancel", cancelled_on=date(2024, 6, 1))


def read_back(upload: dict[str, Any]) -> dict[str, Any]:
    """As the receiver of the file has it."""
    read: dict[str, Any] = json.loads(json.dumps(upload, ensure_ascii=False))
    return read


FILE = {
    "create": read_back(upload_of(LEARNER, CREATED, ISSUER)),
    "create by number": read_back(upload_of(NUMBER, CREATED, ISSUER)),
    "correct": read_back(upload_of(NUMBER, CORRECTED, ISSUER)),
    "cancel": read_back(upload_of(NUMBER, CANCELLED, ISSUER)),
}


@pytest.mark.parametrize("upload", FILE.values(), ids=FILE)
def test_the_file_keeps_to_the_table_of_fields_and_conditions(upload: dict[str, Any]) -> None:
    assert not broken_fields(upload)
    assert not broken_conditions(upload)
    assert not broken_together([upload])


def test_every_field_of_the_table_is_in_some_file() -> None:
    seen = {path for upload in FILE.values() for path, _ in leaves_of(upload)}
    untouched = {field.path for field in FIELDS} - seen
    assert untouched == {path for path in untouched if path.endswith((".fi", ".sv", ".en"))}


def _objects(upload: dict[str, Any], path: str) -> list[dict[str, Any]]:
    nodes: list[Any] = [upload]
    for part in path.split(".")[:-1]:
        nodes = [inner for node in nodes for inner in (node if part == "[]" else [node[part]])]
    return nodes


@pytest.mark.parametrize("field", [each for each in FIELDS if each.needed], ids=lambda field: field.path)
def test_a_file_without_a_needed_field(field: Field) -> None:
    broken = deepcopy(FILE["create"])
    del _objects(broken, field.path)[0][field.path.rpartition(".")[2]]
    assert field.path in broken_fields(broken)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.path)
def test_a_file_with_another_value(field: Field) -> None:
    broken = deepcopy(FILE["correct" if field.path.endswith("[].oid") else "create"])
    name = field.path.rpartition(".")[2]
    _objects(broken, field.path)[0][name] = 0 if name == "arvo" else ""
    assert broken_fields(broken) == {field.path}


def test_a_file_with_a_field_that_koski_does_not_know() -> None:
    assert broken_fields(FILE["create"] | {"sukupuoli": "1"}) == {"sukupuoli"}


def _right(upload: dict[str, Any]) -> dict[str, Any]:
    right: dict[str, Any] = upload["opiskeluoikeudet"][0]
    return right


def _work(upload: dict[str, Any]) -> dict[str, Any]:
    work: dict[str, Any] = _right(upload)["suoritukset"][0]
    return work


def _periods(upload: dict[str, Any]) -> list[dict[str, Any]]:
    periods: list[dict[str, Any]] = _right(upload)["tila"]["opiskeluoikeusjaksot"]
    return periods


def _part(upload: dict[str, Any]) -> dict[str, Any]:
    part: dict[str, Any] = _work(upload)["osasuoritukset"][0]
    return part


def _put(node: dict[str, Any], name: str, value: object) -> None:
    node[name] = value


BREAKING: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "the learner is a code with all names, or a number alone": (
        "create",
        lambda it: _put(it["henkilö"], "oid", NUMBER),
    ),
    "the learner is called by one of the first names": (
        "create",
        lambda it: _put(it["henkilö"], "kutsumanimi", "Pihla"),
    ),
    "the first period ends the study right as passed": (
        "create",
        lambda it: _put(_periods(it)[0]["tila"], "koodiarvo", "keskeytynyt"),
    ),
    "a second period is a cancellation": (
        "cancel",
        lambda it: _put(_periods(it)[1]["tila"], "koodiarvo", "hyvaksytystisuoritettu"),
    ),
    "periods follow one another": ("cancel", lambda it: _put(_periods(it)[1], "alku", "2024-05-11")),
    "what is cancelled has its study right": ("cancel", lambda it: _right(it).pop("oid")),
    "a known study right is of a known learner": (
        "create",
        lambda it: _put(_right(it), "oid", OID),
    ),
    "what is passed is confirmed on the day that it ends": (
        "create",
        lambda it: _put(_work(it)["vahvistus"], "päivä", "2024-05-13"),
    ),
    "nothing is confirmed before it is assessed": (
        "create",
        lambda it: _put(_part(it)["arviointi"][0], "päivä", "2024-05-13"),
    ),
    "some part is assessed": ("create", lambda it: _part(it)["arviointi"].clear()),
    "grades are of their scale": (
        "create",
        lambda it: _put(_part(it)["arviointi"][0]["arvosana"], "koodistoUri", "arviointiasteikkovst"),
    ),
    "the parts have the credits of the whole": (
        "create",
        lambda it: _put(_part(it)["koulutusmoduuli"]["laajuus"], "arvo", 3),
    ),
    "texts are in one language at least": ("create", lambda it: _part(it)["koulutusmoduuli"]["kuvaus"].clear()),
    "who confirms is of the school": (
        "create",
        lambda it: _put(_work(it)["vahvistus"]["myöntäjäOrganisaatio"], "oid", ISSUER.place_oid),
    ),
}


def test_each_condition_has_a_file_that_breaks_it() -> None:
    assert BREAKING.keys() == CONDITIONS.keys()


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_file_that_breaks_a_condition(condition: str) -> None:
    name, spoil = BREAKING[condition]
    upload = deepcopy(FILE[name])
    spoil(upload)
    assert broken_conditions(upload) == {condition}


def test_files_that_break_the_conditions_of_all_together() -> None:
    other = upload_of(LEARNER, replace(CREATED, source_id="0190a1b2-0000-7000-8000-000000000002"), ISSUER)
    another_day = replace(CREATED, completed_on=date(2024, 5, 13))
    another_unit = replace(CREATED, source_id="0190a1b2-0000-7000-8000-000000000003", study_unit="1139")
    once, twice = TOGETHER
    assert broken_together([FILE["create"], other]) == {twice}
    assert broken_together([FILE["create"], upload_of(LEARNER, another_day, ISSUER)]) == {once}
    assert not broken_together([FILE["create"], upload_of(LEARNER, another_unit, ISSUER)])


def test_a_cancellation_never_begins_before_the_day_of_the_completion() -> None:
    early = upload_of(NUMBER, replace(CANCELLED, cancelled_on=date(2024, 5, 1)), ISSUER)
    assert [each["alku"] for each in _periods(early)] == ["2024-05-12", "2024-05-12"]
    assert not broken_conditions(early)


def test_the_identity_code_is_in_no_correction_and_no_cancellation() -> None:
    assert "hetu" in str(FILE["create"])
    assert not any("hetu" in str(FILE[name]) for name in ("create by number", "correct", "cancel"))
