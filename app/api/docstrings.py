"""The descriptions of fields in the document: the docstrings below the attributes of their classes."""

import ast
import inspect
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import with_config

from app.domain.values import Shown


def add_descriptions(schema: dict[str, Any], described: type) -> None:
    """Describe the fields of a JSON schema by the docstrings of the class's attributes, if nothing else does.

    Pydantic itself would read the source of every class at the start; here it is read when the document is made.
    """
    aliases = (
        {one.name: one.metadata.get("serialization_alias") for one in fields(described)}
        if is_dataclass(described)
        else {}
    )
    for base in described.__mro__:
        if base.__module__.startswith("app."):
            for name, docstring in _docstrings_in(base.__module__)[base.__name__].items():
                field = schema.get("properties", {}).get(aliases.get(name) or name)
                if field is not None:
                    field.setdefault("description", docstring)


@cache
def _docstrings_in(module: str) -> dict[str, dict[str, str]]:
    """The docstrings of the attributes of each class."""
    source = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: dict(_docstrings_of(node)) for node in ast.walk(source) if isinstance(node, ast.ClassDef)}


def _docstrings_of(described: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for attribute, docstring in pairwise(described.body):
        match attribute, docstring:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)


# For all values that responses show. The domain itself knows nothing of Pydantic.
with_config(json_schema_extra=add_descriptions, defer_build=True)(Shown)
