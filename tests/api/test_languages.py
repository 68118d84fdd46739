"""The language of a response is the one that the caller rates highest."""

import pytest

from app.api.languages import preferred_language


@pytest.mark.parametrize(
    ("accept_language", "expected"),
    [
        (None, "fi"),
        ("", "fi"),
        ("sv", "sv"),
        ("sv-FI", "sv"),
        ("SV-fi", "sv"),
        ("en-GB, en;q=0.9", "en"),
        ("de, sv;q=0.4, en;q=0.5", "en"),
        ("sv;q=0.5, en;q=0.5", "sv"),
        ("en ; q=0.2 ,\tsv;Q=1.000", "sv"),
        ("de", "fi"),
        ("*", "fi"),
        ("fi;q=0", "fi"),
        ("fi;q=0, *;q=0.1", "sv"),
        ("fi;q=0, sv;q=0, *", "en"),
        ("fi;q=0.1, *;q=0.9", "sv"),
        ("sv;q=0, en;q=0.001", "en"),
        # Parts that do not fit the grammar are ignored.
        ("sv;q=2", "fi"),
        ("sv;q=-1, en", "en"),
        ("sv;q=nan", "fi"),
        ("sv;q=0.1234", "fi"),
        ("sv;level=1", "fi"),
        (";;;,,,;q=", "fi"),
        ("\x00\ud800,sv", "sv"),
        ("q=1" * 20_000, "fi"),
        (" ;" * 30_000 + ",sv", "sv"),
    ],
)
def test_the_language_is_the_one_that_the_caller_rates_highest(accept_language: str | None, expected: str) -> None:
    assert preferred_language(accept_language) == expected
