"""The file for Koski: of each completion the body of one `PUT /api/oppija` (opiskeluoikeus; rulebook §7.1).

The names of the fields are Koski's own. A study right of free-goal liberal adult education lasts one day, that of the
completion, and has one performance with one assessed part.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Action = Literal["create", "correct", "cancel"]

STUDY_RIGHT_TYPE = "vapaansivistystyonkoulutus"
PERFORMANCE_TYPE = "vstvapaatavoitteinenkoulutus"
PART_TYPE = "vstvapaatavoitteisenkoulutuksenosasuoritus"
EDUCATION_CODE = "099999"
CREDITS_UNIT = "2"
"""Study credits (opintopiste)."""


@dataclass(frozen=True)
class Issuer:
    """Who reports and confirms, as they were when the export was prepared."""

    school_oid: str
    place_oid: str
    source_system: str
    signatory: str
    signatory_title: Mapping[str, str]


@dataclass(frozen=True)
class NamedLearner:
    """A learner whose number in Koski is not known."""

    personal_identity_code: str
    first_names: str
    calling_name: str
    surname: str


@dataclass(frozen=True)
class StudyRight:
    source_id: str
    """ID of the first completion, which stays the same over corrections."""
    action: Action
    completed_on: date
    credits: int
    grade: int | None
    """`None`: passed without a grade."""
    language: str
    """ISO 639 code of the language of the course."""
    study_unit: str
    local_code: str
    """The code of the course here."""
    names: Mapping[str, str]
    """Names of the course, by language."""
    descriptions: Mapping[str, str]
    oid: str | None
    """The accepted study right that is corrected or cancelled."""
    cancelled_on: date | None


def upload_of(learner: NamedLearner | str, right: StudyRight, issuer: Issuer) -> dict[str, Any]:
    """Return the body of the request. A learner who is a number is Koski's own, `oid`."""
    return {"henkilö": _learner(learner), "opiskeluoikeudet": [_study_right(right, issuer)]}


def _learner(learner: NamedLearner | str) -> dict[str, Any]:
    if isinstance(learner, str):
        return {"oid": learner}
    return {
        "hetu": learner.personal_identity_code,
        "etunimet": learner.first_names,
        "kutsumanimi": learner.calling_name,
        "sukunimi": learner.surname,
    }


def _study_right(right: StudyRight, issuer: Issuer) -> dict[str, Any]:
    periods = [_period(right.completed_on, "hyvaksytystisuoritettu")]
    if right.action == "cancel" and right.cancelled_on:
        periods.append(_period(max(right.completed_on, right.cancelled_on), "mitatoity"))
    own = {"oid": right.oid} if right.oid else {}
    return {
        **own,
        "lähdejärjestelmänId": {
            "id": right.source_id,
            "lähdejärjestelmä": _code(issuer.source_system, "lahdejarjestelma"),
        },
        "oppilaitos": {"oid": issuer.school_oid},
        "tila": {"opiskeluoikeusjaksot": periods},
        "suoritukset": [_performance(right, issuer)],
        "tyyppi": _code(STUDY_RIGHT_TYPE, "opiskeluoikeudentyyppi"),
    }


def _period(day: date, state: str) -> dict[str, Any]:
    return {"alku": day.isoformat(), "tila": _code(state, "koskiopiskeluoikeudentila")}


def _performance(right: StudyRight, issuer: Issuer) -> dict[str, Any]:
    school = {"oid": issuer.school_oid}
    signatory = {"nimi": issuer.signatory, "titteli": dict(issuer.signatory_title), "organisaatio": school}
    return {
        "toimipiste": {"oid": issuer.place_oid},
        "tyyppi": _code(PERFORMANCE_TYPE, "suorituksentyyppi"),
        "koulutusmoduuli": {
            "tunniste": _code(EDUCATION_CODE, "koulutus"),
            "laajuus": _extent(right.credits),
            "opintokokonaisuus": _code(right.study_unit, "opintokokonaisuudet"),
        },
        "vahvistus": {
            "päivä": right.completed_on.isoformat(),
            "myöntäjäOrganisaatio": school,
            "myöntäjäHenkilöt": [signatory],
        },
        "suorituskieli": _code(right.language.upper(), "kieli"),
        "osasuoritukset": [_part(right)],
    }


def _part(right: StudyRight) -> dict[str, Any]:
    return {
        "koulutusmoduuli": {
            "kuvaus": dict(right.descriptions),
            "tunniste": {"koodiarvo": right.local_code, "nimi": dict(right.names)},
            "laajuus": _extent(right.credits),
        },
        "tyyppi": _code(PART_TYPE, "suorituksentyyppi"),
        "arviointi": [{"arvosana": _grade(right.grade), "päivä": right.completed_on.isoformat()}],
    }


def _grade(grade: int | None) -> dict[str, Any]:
    if grade is None:
        return _code("Hyväksytty", "arviointiasteikkovst")
    return _code(str(grade), "arviointiasteikkovstvapaatavoitteinen")


def _extent(study_credits: int) -> dict[str, Any]:
    return {"arvo": study_credits, "yksikkö": _code(CREDITS_UNIT, "opintojenlaajuusyksikko")}


def _code(value: str, code_set: str) -> dict[str, Any]:
    return {"koodiarvo": value, "koodistoUri": code_set}
