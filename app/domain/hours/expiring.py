"""Expiry (raukeaminen): what is still open ends when its year is closed or its hours are decided (rulebook §3.14)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NoReturn
from uuid import UUID

from app.domain.calendar.deadlines import Window, next_opening
from app.domain.errors import AlreadyExists, WrongState
from app.domain.values import Shown

ExpiryCause = Literal["year_closed", "decided", "moved"]
ExpiredType = Literal["decision_plan", "hour_proposal", "supplementary_hour_request", "allotment_request"]
EVENTS: dict[ExpiredType, str] = {
    "decision_plan": "decision-plan.expired",
    "hour_proposal": "hour-proposal.expired",
    "supplementary_hour_request": "supplementary-hour-request.expired",
    "allotment_request": "allotment-request.expired",
}
"""The event of each type. All but that of a plan are mailed."""
MOST_SHOWN = 200
"""How many expired things the closing of a year shows."""


@dataclass(frozen=True)
class Expired(Shown):
    """Something that was open and has ended without a decision."""

    type: ExpiredType
    """Kind of the resource."""
    id: UUID
    reference: str | None
    organisation_id: UUID | None
    """ID of the organisation whose it was. `null` if it is a decision plan."""


@dataclass(frozen=True)
class WayOn:
    """What there is once the hours of a year are decided: the decision, and the windows for changes."""

    decision_id: UUID | None
    windows: Sequence[Window]
    """The change windows of the central organisation for the year."""

    def facts(self, now: datetime) -> dict[str, object]:
        return {"decision_id": self.decision_id, "change_window": next_opening(self.windows, now)}


def check_not_decided(way_on: WayOn, now: datetime) -> None:
    """Check that nothing is proposed for hours that are decided already (rulebook §3.2). Raise AlreadyExists."""
    if way_on.decision_id is not None:
        raise AlreadyExists(pointer=None, **way_on.facts(now))


def refuse_expired(way_on: WayOn, now: datetime) -> NoReturn:
    """Say what there is instead of an expired proposal. Raise WrongState."""
    raise WrongState(pointer=None, state="expired", allowed=["draft", "sent_back"], **way_on.facts(now))
