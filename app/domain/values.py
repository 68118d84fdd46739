"""What values have in common that the API answers with."""


class Shown:
    """A value that responses show: the docstrings of its attributes describe the fields in the OpenAPI document."""
