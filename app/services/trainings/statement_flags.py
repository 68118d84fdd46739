"""Flags of cost statements: found when the statement is submitted (rulebook §8)."""

from fractions import Fraction

from app.db.organisations.bank_accounts import find_in_force
from app.db.sessions import Writer
from app.db.trainings.statement_flags import list_sharing, list_simultaneous, list_with_account
from app.domain.access import Place
from app.domain.trainings.cost_statements import CostStatement, StatementFlag, costs_cents_of
from app.domain.trainings.flags import are_same_sessions, is_costly, overlap
from app.domain.trainings.trainings import Training


async def find_flags(
    writer: Writer, training: Training, place: Place, statement: CostStatement, median_cents: Fraction | None
) -> list[StatementFlag]:
    """What staff should look at. None of it decides anything. The median is that of the year's approved statements."""
    return [
        *await _of_account(writer, place),
        *await _of_time(writer, training),
        *_of_costs(statement, median_cents),
    ]


async def _of_account(writer: Writer, place: Place) -> list[StatementFlag]:
    account = await find_in_force(writer, place)
    if account is None:
        return []
    others = await list_with_account(writer.connection, account.iban, place.central_organisation_id)
    return [StatementFlag("account-in-other-tree", None, other_id) for other_id in others]


async def _of_time(writer: Writer, training: Training) -> list[StatementFlag]:
    sharing = await list_sharing(writer.connection, training.id)
    flags = []
    for other in await list_simultaneous(writer.connection, training, sharing):
        meets = overlap(training.sessions, other.sessions)
        if meets and other.shares_trainer:
            flags.append(StatementFlag("trainer-in-two-places", other.id, None))
        if meets and other.id in sharing:
            flags.append(StatementFlag("participant-in-two-places", other.id, None))
        if other.is_stated and are_same_sessions(training.sessions, other.sessions):
            flags.append(StatementFlag("sessions-stated-twice", other.id, None))
    return flags


def _of_costs(statement: CostStatement, median_cents: Fraction | None) -> list[StatementFlag]:
    is_flagged = is_costly(costs_cents_of(statement), statement.hours or 0, median_cents)
    return [StatementFlag("costly-hours", None, None)] if is_flagged else []
