"""The `Authorization` header."""

import pytest

from app.api.authorization import bearer_of, is_key


@pytest.mark.parametrize(
    ("authorization", "bearer", "expected"),
    [
        ("Bearer tp_3JkQx", "tp_3JkQx", True),
        ("bearer   tp_3JkQx ", "tp_3JkQx", True),
        ("Bearer eyJhbGci.eyJpc3Mi.c2lnbtp_bmF0", "eyJhbGci.eyJpc3Mi.c2lnbtp_bmF0", False),
        ("Basic tp_3JkQx", "", False),
        ("tp_3JkQx", "", False),
        ("Bearer", "", False),
        (None, "", False),
    ],
)
def test_an_api_key_is_what_begins_with_its_mark(authorization: str | None, bearer: str, expected: bool) -> None:
    assert bearer_of(authorization) == bearer
    assert is_key(bearer) is expected
