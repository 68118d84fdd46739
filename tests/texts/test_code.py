"""How the code is written: docstrings, comments and names have none of the words that were given up."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.texts.test_texts import GIVEN_UP

ROOT = Path(__file__).parents[2]
WORDS = re.compile(rf"(?<![A-Za-z])(?:{GIVEN_UP})(?![A-Za-z])", re.IGNORECASE)


def prose_of(module: str) -> Iterator[str]:
    """Names of functions and classes, docstrings (also those of attributes) and comments, without marked code."""
    for node in ast.walk(ast.parse(module)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield re.sub(r"`[^`]*`", "", text)
            case _:
                pass
    for token in tokenize.generate_tokens(io.StringIO(module).readline):
        if token.type == tokenize.COMMENT:
            yield re.sub(r"`[^`]*`", "", token.string)


@pytest.mark.parametrize("folder", ["app", "bench", "openapi", "tests"])
def test_no_docstring_comment_or_name_has_a_word_that_was_given_up(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in (ROOT / folder).rglob("*.py")
        for text in prose_of(path.read_text(encoding="utf-8"))
        for word in WORDS.findall(text)
    ]
    assert found == []
