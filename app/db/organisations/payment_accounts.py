"""Changes of the study centre's own account; the account in force is that of the last one approved."""

from sqlalchemy import Column, DateTime, Text, Uuid, func, select

from app.db.paging import filters_of, seen_by
from app.db.people.people import persons
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import Query, columns_of, study_centre_table
from app.domain.organisations.payment_accounts import PaymentAccountChange

payment_account_changes = study_centre_table(
    "payment_account_changes",
    Column("iban", Text, nullable=False),
    Column("bic", Text),
    Column("holder", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("proposed_by", Uuid, nullable=False),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    Column("reason", Text),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("payments_held_until", DateTime(timezone=True)),
)

_proposer = persons.alias("proposer")
_changes = select(
    *columns_of(
        PaymentAccountChange,
        payment_account_changes,
        # A proposer who was later merged into another person is that person.
        proposed_by=func.coalesce(_proposer.c.merged_into, payment_account_changes.c.proposed_by),
    )
).join(_proposer, _proposer.c.id == payment_account_changes.c.proposed_by)
changes = Resource(
    _changes, PaymentAccountChange, payment_account_changes, filters=filters_of(payment_account_changes, "state")
)
_open = Query(_changes.where(payment_account_changes.c.state == "proposed"), PaymentAccountChange)
# One change is open at a time, so that the last one made is the last one approved.
_in_force = Query(
    _changes.where(payment_account_changes.c.state == "approved")
    .order_by(payment_account_changes.c.id.desc())
    .limit(1),
    PaymentAccountChange,
)


async def find_open(session: Reader) -> PaymentAccountChange | None:
    return await _open.first(session.connection, **seen_by(session))


async def find_in_force(session: Reader) -> PaymentAccountChange | None:
    """The last approved change."""
    return await _in_force.first(session.connection, **seen_by(session))
