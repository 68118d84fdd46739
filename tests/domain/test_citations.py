"""Rules name their section of the rulebook, and the section exists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = re.compile(r"(check|may|is|sees)_")
CITED = re.compile(r"rulebook ((?:(?:, | and )?§§?\d+(?:\.\d+)*)+)")
OF_THE_API = {"app/domain/lists.py", "app/domain/versions.py"}
"""Conventions of the API, whose docstrings say that they are no rules of the rulebook."""
RULE_BOOK = [*(ROOT / "app" / "domain").rglob("*.py"), ROOT / "app" / "sandbox" / "domain.py"]
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in RULE_BOOK)


def sections_in(text: str | None) -> list[str]:
    plain = re.sub(r"\s*\n\s*(?:# ?)?", " ", text or "")
    return [section for cited in CITED.findall(plain) for section in re.findall(r"[\d.]*\d", cited)]


def rules_of(module: ast.Module) -> Iterator[ast.FunctionDef]:
    """Functions, and methods that are public."""
    for place in ast.walk(module):
        if isinstance(place, ast.Module | ast.ClassDef):
            yield from (each for each in place.body if isinstance(each, ast.FunctionDef) and RULES.match(each.name))


@pytest.mark.parametrize("path", MODULES)
def test_every_rule_names_its_section_of_the_rulebook(path: str) -> None:
    module = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    if path in OF_THE_API:
        assert "no rule of the rulebook" in str(ast.get_docstring(module))
    elif not sections_in(ast.get_docstring(module)):
        assert [rule.name for rule in rules_of(module) if not sections_in(ast.get_docstring(rule))] == []


def test_every_named_section_is_in_the_rulebook() -> None:
    there = set(re.findall(r'<a id="([\d.]+)"></a>', (ROOT / "docs" / "rulebook.md").read_text(encoding="utf-8")))
    named = {
        (path.relative_to(ROOT).as_posix(), section)
        for folder in ("app", "migrations", "tests", "bench")
        for path in (ROOT / folder).rglob("*.py")
        for section in sections_in(path.read_text(encoding="utf-8"))
    }
    assert len({section for _, section in named}) > 30
    assert sorted(each for each in named if each[1] not in there) == []
