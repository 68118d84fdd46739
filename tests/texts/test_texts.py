"""Every file of words has the same keys and facts in each language, and none of the words that were given up."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.organisations.organisations import Language
from app.texts.rendering import FOLDER, LANGUAGES, facts_of, texts_of

AREAS = sorted(path.stem for path in (FOLDER / "fi").glob("*.toml"))
GIVEN_UP = "anew|afresh|hereafter|whoever|somebody|tells|told"
"""English words that neither texts nor code have: test_code.py looks for them in docstrings, comments and names."""
FORBIDDEN: dict[Language, str] = {
    "fi": r"ratkais|muutosjakso|muutosaika|kohdistin|kuvapiste|\bei käy\b|\bkäy tähän|yksikkö|yksikö|yläjärjestö|syöttö"
    r"|jättöaika|oikaisu|mitätöi|\btoimi\b|ihminen|ihmisen|pääkäyttäjän oikeu|vastuuhenkilön oikeu"
    r"|on kirjattu(?! lokiin)|\boikeus\b|\boikeuden\b|\boikeutta\b|kieltävä|\bevät|puussa",
    "sv": r"\bdennes\b|\bhen\b|rättighet|bildpunkt|ändringsfönster|ändringsperiod|underhåll|\benhet|inmatning|\bsats\b"
    r"|\b(?:en|ingen) medlem\b|gränssnitt|markör|människa|tillbakaskick|skickats? tillbaka|antecknats|avgjort"
    r"|\brätten\b|\bberätta|räkna[rs]? upp|\bväntas\b|en hel PDF|till skivan",
    "en": rf"\b(?:{GIVEN_UP})\b|\btell\b|\bstands?\b|asked for|trainings|human being"
    r"|\binstant|had better|induction|refusal|e-mail|\bmails?\b|at once"
    r"|\bfaults?\b|\banswers?\b|\binterface|\bbears?\b|\bholds\b|\bwhole\b(?! number)|\brights\b|\ba right\b",
}
"""What no text may say: another word has taken its place (the glossary in `words.toml`)."""


def shape_of(value: Any) -> Any:
    """What must be the same in every language: keys, the facts of each sentence, and no words."""
    match value:
        case dict():
            return {key: (item if key in {"when", "unless"} else shape_of(item)) for key, item in value.items()}
        case list():
            return [shape_of(item) for item in value]
        case _:
            return facts_of(value)


def strings_of(value: Any, key: str = "") -> list[tuple[str, str]]:
    """All texts with their keys."""
    if isinstance(value, str):
        return [(key, value)]
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [each for name, item in items for each in strings_of(item, f"{key}.{name}" if key else str(name))]


def prose_of(text: str) -> str:
    """Without the names of facts and what is marked as code."""
    return re.sub(r"`[^`]*`|\{[^}]*\}", "x", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_same_files(language: Language) -> None:
    assert sorted(path.stem for path in (FOLDER / language).glob("*.toml")) == AREAS


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("area", AREAS)
def test_the_languages_have_the_same_texts_with_the_same_facts(area: str, language: Language) -> None:
    tables, finnish = texts_of(area, language).tables, texts_of(area, "fi").tables
    assert shape_of(tables) == shape_of(finnish)
    assert [key for key, _ in strings_of(tables)] == [key for key, _ in strings_of(finnish)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("area", AREAS)
def test_no_text_has_a_word_that_was_given_up(area: str, language: Language) -> None:
    forbidden = re.compile(FORBIDDEN[language], re.IGNORECASE)
    # The lists `when` and `unless` are of names of facts.
    strings = strings_of(texts_of(area, language).tables)
    texts = [(key, text) for key, text in strings if not re.search(r"\.(when|unless)\.\d+$", key)]
    assert {key: found[0] for key, text in texts if (found := forbidden.search(prose_of(text)))} == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("area", AREAS)
def test_quotation_marks_apostrophes_and_spaces_are_those_of_print(area: str, language: Language) -> None:
    texts = {key: prose_of(text) for key, text in strings_of(texts_of(area, language).tables)}
    assert {
        key: text for key, text in texts.items() if not key.startswith("patterns") and re.search(r"['\"]|  ", text)
    } == {}


APP = FOLDER.parent
ELSEWHERE = {
    "app/sandbox": "Demo data is what people would have written.",
    "app/setup.py": "The command for administrators, with the first staff member's title.",
    "app/domain/people/personal_data.py": "The pseudonym of an erased person, which is stored.",
}
"""Where Python may have Finnish, with the reason."""


def constants_of(path: Path) -> Iterator[str]:
    """The texts in a module, without docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            yield node.value


def test_no_finnish_or_swedish_sentence_is_in_python() -> None:
    modules = [
        path for path in APP.rglob("*.py") if not path.relative_to(APP.parent).as_posix().startswith(tuple(ELSEWHERE))
    ]
    assert modules
    sentences = re.compile(r"[a-zåäö]{2,}[åäö]|[åäö][a-zåäö]{2,}", re.IGNORECASE)
    found = {
        (path.name, text) for path in modules for text in constants_of(path) if " " in text and sentences.search(text)
    }
    assert found == set()
