"""Changes of bank accounts; the account in force is that of the last one approved."""

from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Text, Uuid, bindparam, func, or_, select

from app.db.organisations.organisations import ancestors_of, organisations
from app.db.paging import filters_of, seen_by, within_reach
from app.db.people.people import persons
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import Query, columns_of, study_centre_table
from app.domain.access import Place
from app.domain.organisations.bank_accounts import BankAccountChange

bank_account_changes = study_centre_table(
    "bank_account_changes",
    Column("organisation_id", Uuid, nullable=False),
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
_changes = (
    select(
        *columns_of(
            BankAccountChange,
            bank_account_changes,
            organisation_name=organisations.c.name,
            # A proposer who was later merged into another person is that person.
            proposed_by=func.coalesce(_proposer.c.merged_into, bank_account_changes.c.proposed_by),
        )
    )
    .join(organisations, organisations.c.id == bank_account_changes.c.organisation_id)
    .join(_proposer, _proposer.c.id == bank_account_changes.c.proposed_by)
)
_placed = _changes.add_columns(organisations.c.central_organisation_id, ancestors_of(organisations).label("ancestors"))
_organisation_id = bindparam("p_organisation_id", type_=Uuid)


def _change_and_place(*values: Any) -> tuple[BankAccountChange, Place]:
    """The change with its organisation's place, for the rules of access."""
    *of_change, central_id, ancestors = values
    change = BankAccountChange(*of_change)
    return change, Place(change.organisation_id, central_id, frozenset(ancestors))


changes = Resource(
    _placed,
    _change_and_place,
    bank_account_changes,
    seen=within_reach(bank_account_changes.c.organisation_id),
    filters=filters_of(bank_account_changes, "organisation_id", "under", "state"),
)
_open = Query(
    _changes.where(
        bank_account_changes.c.organisation_id == _organisation_id, bank_account_changes.c.state == "proposed"
    ),
    BankAccountChange,
)
_in_force = Query(
    _changes.where(
        or_(
            bank_account_changes.c.organisation_id == _organisation_id,
            bank_account_changes.c.organisation_id == bindparam("p_central_id", type_=Uuid),
        ),
        bank_account_changes.c.state == "approved",
    )
    # The own account comes first. One change is open at a time, so that the last one made is the last one approved.
    .order_by((bank_account_changes.c.organisation_id == _organisation_id).desc(), bank_account_changes.c.id.desc())
    .limit(1),
    BankAccountChange,
)


async def find_open(session: Reader, organisation_id: UUID) -> BankAccountChange | None:
    return await _open.first(session.connection, p_organisation_id=organisation_id, **seen_by(session))


async def find_in_force(session: Reader, place: Place) -> BankAccountChange | None:
    """The last approved change of the organisation, or if it has none, of its centre."""
    return await _in_force.first(
        session.connection,
        p_organisation_id=place.organisation_id,
        p_central_id=place.central_organisation_id,
        **seen_by(session),
    )
