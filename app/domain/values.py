"""What values have in common that the API answers with."""

from typing import ClassVar


class Shown:
    """A value that responses show: the docstrings of its attributes describe the fields in the OpenAPI document."""

    __pydantic_config__: ClassVar = {"use_attribute_docstrings": True}
