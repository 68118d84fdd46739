"""What Koski demands of a file, as a table of fields and a list of conditions, in our own words.

Both were written from Koski's data model of liberal adult education and from its validation: of all study rights, of
those without goals that others set, and of those that overlap. Nothing here calls the code that makes the file. Whether
a study unit exists, or a school has the right to report it, is Koski's to say.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

Node = dict[str, Any]

ORGANISATION = r"1\.2\.246\.562\.10\.\d{11,24}"
PERSON = r"1\.2\.246\.562\.24\.\d{11}"
STUDY_RIGHT = r"1\.2\.246\.562\.15\.\d{11}"
DAY = r"\d{4}-\d{2}-\d{2}"
SOME_TEXT = r"(?s).+"
IDENTITY_CODE = r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass(frozen=True)
class Field:
    """A field by its path, `[]` standing for each of a list; its text or number has the form."""

    path: str
    form: str
    needed: bool = True


RIGHT = "opiskeluoikeudet.[]"
WORK = f"{RIGHT}.suoritukset.[]"
PART = f"{WORK}.osasuoritukset.[]"
CONFIRMED = f"{WORK}.vahvistus"
SIGNER = f"{CONFIRMED}.myöntäjäHenkilöt.[]"


def _code(path: str, values: str, code_set: str) -> tuple[Field, Field]:
    """A code of one of Koski's sets. Its names and version are left to Koski."""
    return Field(f"{path}.koodiarvo", values), Field(f"{path}.koodistoUri", code_set)


def _words(path: str) -> tuple[Field, ...]:
    """A text in at least one of the three languages, see `says something`."""
    return tuple(Field(f"{path}.{language}", SOME_TEXT, needed=False) for language in ("fi", "sv", "en"))


FIELDS: tuple[Field, ...] = (
    # The learner: a code with names, or Koski's own number alone.
    Field("henkilö.hetu", IDENTITY_CODE, needed=False),
    Field("henkilö.etunimet", SOME_TEXT, needed=False),
    Field("henkilö.kutsumanimi", SOME_TEXT, needed=False),
    Field("henkilö.sukunimi", SOME_TEXT, needed=False),
    Field("henkilö.oid", PERSON, needed=False),
    # The study right.
    Field(f"{RIGHT}.oid", STUDY_RIGHT, needed=False),
    Field(f"{RIGHT}.lähdejärjestelmänId.id", UUID),
    *_code(f"{RIGHT}.lähdejärjestelmänId.lähdejärjestelmä", SOME_TEXT, "lahdejarjestelma"),
    Field(f"{RIGHT}.oppilaitos.oid", ORGANISATION),
    *_code(f"{RIGHT}.tyyppi", "vapaansivistystyonkoulutus", "opiskeluoikeudentyyppi"),
    Field(f"{RIGHT}.tila.opiskeluoikeusjaksot.[].alku", DAY),
    *_code(
        f"{RIGHT}.tila.opiskeluoikeusjaksot.[].tila", "hyvaksytystisuoritettu|mitatoity", "koskiopiskeluoikeudentila"
    ),
    # Its one performance.
    Field(f"{WORK}.toimipiste.oid", ORGANISATION),
    *_code(f"{WORK}.tyyppi", "vstvapaatavoitteinenkoulutus", "suorituksentyyppi"),
    *_code(f"{WORK}.koulutusmoduuli.tunniste", "099999", "koulutus"),
    Field(f"{WORK}.koulutusmoduuli.laajuus.arvo", r"[1-9]\d*"),
    *_code(f"{WORK}.koulutusmoduuli.laajuus.yksikkö", "2", "opintojenlaajuusyksikko"),
    *_code(f"{WORK}.koulutusmoduuli.opintokokonaisuus", r"\d{1,6}", "opintokokonaisuudet"),
    Field(f"{CONFIRMED}.päivä", DAY),
    Field(f"{CONFIRMED}.myöntäjäOrganisaatio.oid", ORGANISATION),
    Field(f"{SIGNER}.nimi", SOME_TEXT),
    *_words(f"{SIGNER}.titteli"),
    Field(f"{SIGNER}.organisaatio.oid", ORGANISATION),
    *_code(f"{WORK}.suorituskieli", "[A-Z]{2}", "kieli"),
    # The assessed part of it.
    *_words(f"{PART}.koulutusmoduuli.kuvaus"),
    Field(f"{PART}.koulutusmoduuli.tunniste.koodiarvo", SOME_TEXT),
    *_words(f"{PART}.koulutusmoduuli.tunniste.nimi"),
    Field(f"{PART}.koulutusmoduuli.laajuus.arvo", r"[1-9]\d*"),
    *_code(f"{PART}.koulutusmoduuli.laajuus.yksikkö", "2", "opintojenlaajuusyksikko"),
    *_code(f"{PART}.tyyppi", "vstvapaatavoitteisenkoulutuksenosasuoritus", "suorituksentyyppi"),
    *_code(
        f"{PART}.arviointi.[].arvosana",
        "Hyväksytty|[1-9]|10",
        "arviointiasteikkovst|arviointiasteikkovstvapaatavoitteinen",
    ),
    Field(f"{PART}.arviointi.[].päivä", DAY),
)
_BY_PATH = {field.path: field for field in FIELDS}
_LISTS = {
    "opiskeluoikeudet": (1, 1),
    f"{RIGHT}.tila.opiskeluoikeusjaksot": (1, 2),
    f"{RIGHT}.suoritukset": (1, 1),
    f"{CONFIRMED}.myöntäjäHenkilöt": (1, None),
    f"{WORK}.osasuoritukset": (1, None),
    f"{PART}.arviointi": (1, None),
}
"""How many each list has at least and at most."""


def leaves_of(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a file with their paths, each list counted as one path."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from leaves_of(value, f"{path}.{name}" if path else name)
    elif isinstance(node, list):
        yield f"{path}#", len(node)
        for value in node:
            yield from leaves_of(value, f"{path}.[]")
    else:
        yield path, node


def _fields_broken(upload: Node) -> Iterator[str]:
    seen: dict[str, int] = {}
    for path, value in leaves_of(upload):
        if path.endswith("#"):
            least, most = _LISTS.get(path[:-1], (0, 0))
            if value < least or (most is not None and value > most):
                yield path[:-1]
            continue
        seen[path] = seen.get(path, 0) + 1
        field = _BY_PATH.get(path)
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if field is None or is_number != path.endswith(".arvo") or not re.fullmatch(field.form, str(value)):
            yield path
    for field in FIELDS:
        parents = seen.get(_beside(field.path, seen), 1)
        if field.needed and seen.get(field.path, 0) < parents:
            yield field.path


def _beside(path: str, seen: dict[str, int]) -> str:
    """A field of the same object, of which there are as many as of the object."""
    parent = path.rpartition(".")[0]
    return max((each for each in seen if each.rpartition(".")[0] == parent), key=lambda each: seen[each], default="")


def _right(upload: Node) -> Node:
    return dict(upload["opiskeluoikeudet"][0])


def _work(upload: Node) -> Node:
    return dict(_right(upload)["suoritukset"][0])


def _parts(upload: Node) -> list[Node]:
    return list(_work(upload)["osasuoritukset"])


def _periods(upload: Node) -> list[tuple[date, str]]:
    return [
        (date.fromisoformat(each["alku"]), each["tila"]["koodiarvo"])
        for each in _right(upload)["tila"]["opiskeluoikeusjaksot"]
    ]


def _confirmed_on(upload: Node) -> date:
    return date.fromisoformat(_work(upload)["vahvistus"]["päivä"])


def _assessments(upload: Node) -> list[Node]:
    return [each for part in _parts(upload) for each in part["arviointi"]]


def _learner_is_known(upload: Node) -> bool:
    return set(upload["henkilö"]) in ({"oid"}, {"hetu", "etunimet", "kutsumanimi", "sukunimi"})


def _is_called_by_a_first_name(upload: Node) -> bool:
    learner = upload["henkilö"]
    if "oid" in learner:
        return True
    names = re.split(r"[\s-]+", learner["etunimet"].casefold())
    return learner["kutsumanimi"].casefold() in {*names, *learner["etunimet"].casefold().split()}


def _says_something(upload: Node) -> bool:
    part = _parts(upload)[0]["koulutusmoduuli"]
    signers = _work(upload)["vahvistus"]["myöntäjäHenkilöt"]
    return all([part["kuvaus"], part["tunniste"]["nimi"], *(each["titteli"] for each in signers)])


def _credits_add_up(upload: Node) -> bool:
    total = sum(part["koulutusmoduuli"]["laajuus"]["arvo"] for part in _parts(upload))
    return bool(total == _work(upload)["koulutusmoduuli"]["laajuus"]["arvo"])


def _grades_are_of_their_scale(upload: Node) -> bool:
    scales = {"arviointiasteikkovst": "Hyväksytty", "arviointiasteikkovstvapaatavoitteinen": r"[1-9]|10"}
    grades = [each["arvosana"] for each in _assessments(upload)]
    return all(re.fullmatch(scales.get(each["koodistoUri"], "$^"), each["koodiarvo"]) for each in grades)


CONDITIONS: dict[str, Callable[[Node], bool]] = {
    "the learner is a code with all names, or a number alone": _learner_is_known,
    "the learner is called by one of the first names": _is_called_by_a_first_name,
    "the first period ends the study right as passed": lambda it: _periods(it)[0][1] == "hyvaksytystisuoritettu",
    "a second period is a cancellation": lambda it: [state for _, state in _periods(it)[1:]] in ([], ["mitatoity"]),
    "periods follow one another": lambda it: _periods(it) == sorted(_periods(it), key=lambda period: period[0]),
    "what is cancelled has its study right": lambda it: len(_periods(it)) == 1 or "oid" in _right(it),
    "a known study right is of a known learner": lambda it: (
        ("oid" in _right(it)) == ("oid" in it["henkilö"]) or "oid" not in _right(it)
    ),
    "what is passed is confirmed on the day that it ends": lambda it: _confirmed_on(it) == _periods(it)[0][0],
    "nothing is confirmed before it is assessed": lambda it: all(
        date.fromisoformat(each["päivä"]) <= _confirmed_on(it) for each in _assessments(it)
    ),
    "some part is assessed": lambda it: bool(_assessments(it)),
    "grades are of their scale": _grades_are_of_their_scale,
    "the parts have the credits of the whole": _credits_add_up,
    "texts are in one language at least": _says_something,
    "who confirms is of the school": lambda it: (
        {
            _work(it)["vahvistus"]["myöntäjäOrganisaatio"]["oid"],
            *(each["organisaatio"]["oid"] for each in _work(it)["vahvistus"]["myöntäjäHenkilöt"]),
        }
        == {_right(it)["oppilaitos"]["oid"]}
    ),
}
TOGETHER: dict[str, Callable[[Sequence[Node]], bool]] = {
    "a study right is in the file once": lambda all_: _once([_source(each) for each in all_]),
    "no learner has the same study unit on the same day twice": lambda all_: _once([_taken(each) for each in all_]),
}
"""Conditions of all uploads of a file together."""


def _once(values: Sequence[object]) -> bool:
    return len(values) == len(set(values))


def _source(upload: Node) -> object:
    return _right(upload)["lähdejärjestelmänId"]["id"]


def _taken(upload: Node) -> object:
    learner = upload["henkilö"]
    work = _work(upload)
    state = "cancelled" if len(_periods(upload)) > 1 else ""
    unit = work["koulutusmoduuli"]["opintokokonaisuus"]["koodiarvo"]
    own = _source(upload) if state else ""
    return learner.get("hetu") or learner["oid"], _right(upload)["oppilaitos"]["oid"], unit, _periods(upload)[0][0], own


def broken_fields(upload: Node) -> set[str]:
    return set(_fields_broken(upload))


def broken_conditions(upload: Node) -> set[str]:
    return {name for name, holds in CONDITIONS.items() if not holds(upload)}


def broken_together(uploads: Sequence[Node]) -> set[str]:
    return {name for name, holds in TOGETHER.items() if not holds(uploads)}
