"""Which of the media types that an operation offers a request accepts most, by `Accept` (RFC 9110 §12.5.1)."""

import re

from starlette.datastructures import Headers

_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


def accepted(headers: Headers, *offered: str) -> str:
    """Return the offered type that is rated highest, the first of equals; the first where none is accepted."""
    ranges = [_range(each) for header in headers.getlist("accept") for each in header.split(",") if each.strip()]
    if not ranges:
        return offered[0]
    return max(offered, key=lambda media_type: _weight_of(media_type, ranges))


def _range(element: str) -> tuple[str, float]:
    media_range, *parameters = (part.strip().lower() for part in element.split(";"))
    weights = [match for match in map(_WEIGHT.fullmatch, parameters) if match]
    return media_range, float(weights[0][1]) if weights else 1.0


def _weight_of(media_type: str, ranges: list[tuple[str, float]]) -> float:
    """The weight that the most specific of the ranges gives it."""
    given = dict(ranges)
    kind = media_type.partition("/")[0]
    return next((given[each] for each in (media_type, f"{kind}/*", "*/*") if each in given), 0.0)
