"""The study centre's own account: what is shown, and who may change it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.domain.access import Actor, Authentication, Role, RoleGrant
from app.domain.errors import Forbidden, StrongAuthenticationRequired
from app.domain.organisations.bank_accounts import as_approved, as_proposed
from app.domain.organisations.payment_accounts import (
    PaymentAccountChange,
    account_of,
    check_may_approve,
    check_may_reject,
)

NOW = datetime(2023, 3, 15, 12, tzinfo=UTC)


def actor(role: Role, *, is_strong: bool = True, signed_in: datetime = NOW) -> Actor:
    grant = RoleGrant(role, None, datetime(2000, 1, 1, tzinfo=UTC), None)
    return Actor(uuid4(), (grant,), authentication=Authentication(is_strong, signed_in))


FIRST, SECOND = actor("staff"), actor("staff")
WAITING = PaymentAccountChange(
    id=uuid4(), **as_proposed(FIRST, NOW, iban="FI2112345600000785", bic=None, holder="Opintokeskus")
)
APPROVED = replace(WAITING, **as_approved(SECOND, NOW))


def test_there_is_no_account_before_an_approval() -> None:
    account = account_of(None, WAITING, NOW)
    assert (account.iban, account.payments_held, account.open_change) == (None, False, WAITING)


def test_payments_wait_five_days() -> None:
    for passed, held in ((timedelta(0), True), (timedelta(days=5, seconds=-1), True), (timedelta(days=5), False)):
        account = account_of(APPROVED, None, NOW + passed)
        assert (account.iban, account.payments_held) == ("FI2112345600000785", held)


def test_another_of_the_staff_approves_within_five_minutes_of_a_strong_sign_in() -> None:
    check_may_approve(SECOND, WAITING, NOW + timedelta(minutes=5))
    with pytest.raises(StrongAuthenticationRequired):
        check_may_approve(SECOND, WAITING, NOW + timedelta(minutes=5, seconds=1))
    with pytest.raises(StrongAuthenticationRequired):
        check_may_approve(actor("staff", is_strong=False), WAITING, NOW)
    for other in (FIRST, actor("auditor")):
        with pytest.raises(Forbidden):
            check_may_approve(other, WAITING, NOW)
        with pytest.raises(Forbidden):
            check_may_reject(other, WAITING)
    check_may_reject(actor("staff", is_strong=False), WAITING)
