"""What values have in common that the API answers with."""

import ast
import inspect
import sys
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import pairwise
from typing import Any, ClassVar


@cache
def _classes_of(module: str) -> dict[str, ast.ClassDef]:
    source = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in ast.walk(source) if isinstance(node, ast.ClassDef)}


def _docstrings_of(described: type) -> dict[str, str]:
    """The docstring below each attribute of a class and its bases."""
    docstrings: dict[str, str] = {}
    for one in described.__mro__:
        if one.__module__.startswith("app."):
            for attribute, docstring in pairwise(_classes_of(one.__module__)[one.__name__].body):
                match attribute, docstring:
                    case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                        docstrings.setdefault(name, inspect.cleandoc(text))
    return docstrings


def add_descriptions(schema: dict[str, Any], described: type) -> None:
    """Describe the fields of a JSON schema by the docstrings of the class's attributes, if nothing else does.

    Pydantic itself would read the source of every class at the start; here it is read when the document is made.
    """
    aliases = (
        {one.name: one.metadata.get("serialization_alias") for one in fields(described)}
        if is_dataclass(described)
        else {}
    )
    for name, docstring in _docstrings_of(described).items():
        field = schema.get("properties", {}).get(aliases.get(name) or name)
        if field is not None:
            field.setdefault("description", docstring)


class Shown:
    """A value that responses show: the docstrings of its attributes describe the fields in the OpenAPI document."""

    __pydantic_config__: ClassVar = {"json_schema_extra": add_descriptions, "defer_build": True}
