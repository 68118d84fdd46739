"""A year of hours in plain numbers: what the service must answer, without a ledger or a database."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.domain.calendar.deadlines import HELSINKI
from app.domain.hours.ledger import HourType

WINDOWS = ((date(2023, 3, 13), date(2023, 3, 25)), (date(2023, 8, 14), date(2023, 8, 25)))
LAST_DAY_OF_STATEMENTS = date(2024, 1, 18)


class Refused(Exception):
    """The status and code of the expected problem, and facts that it must have."""

    def __init__(self, status: int, code: str, **facts: object) -> None:
        super().__init__(status, code, facts)
        self.problem = status, code
        self.facts = facts


@dataclass
class Holder:
    """A central organisation with its common hours, or a unit with its allotment.

    The `lapsed` of a central organisation counts its whole tree's hours.
    """

    free: int = 0
    reserved: int = 0
    used: int = 0
    lapsed: int = 0

    @property
    def drawn(self) -> int:
        return self.reserved + self.used

    @property
    def allotted(self) -> int:
        return self.free + self.drawn + self.lapsed


@dataclass
class Tree:
    """A central organisation; `units` maps its units to the organisation directly above them."""

    id: UUID
    units: dict[UUID, UUID]
    allotment_only: bool = False
    """Whether its units draw no common hours of training courses."""
    own: Holder = field(default_factory=Holder)
    allotments: dict[UUID, Holder] = field(default_factory=dict)
    granted: int = 0
    peers: Holder = field(default_factory=Holder)
    """The hours of peer groups, all of them common."""
    peers_granted: int = 0
    has_quota: bool = False
    """Whether staff have granted hours of peer groups."""
    returned: int = 0
    decided: bool = False
    revision: int = 0

    def __post_init__(self) -> None:
        self.allotments = {unit: Holder() for unit in self.units}

    def holder(self, holder_id: UUID, hour_type: HourType = "training") -> Holder:
        if hour_type == "peer_group":
            assert holder_id == self.id
            return self.peers
        return self.own if holder_id == self.id else self.allotments[holder_id]

    def peers_account(self) -> dict[str, Any]:
        return {
            "organisation_id": str(self.id),
            "year": 2023,
            "hour_type": "peer_group",
            "granted": self.peers_granted,
            "distributed": 0,
            "reserved": self.peers.reserved,
            "used": self.peers.used,
            "returned": 0,
            "lapsed": self.peers.lapsed,
            "available": self.peers.free,
            "units": {},
        }

    def account(self) -> dict[str, Any]:
        units = {
            str(unit): {
                "allotted": allotment.allotted,
                "reserved": allotment.reserved,
                "used": allotment.used,
                "lapsed": allotment.lapsed,
                "available": allotment.free,
            }
            for unit, allotment in self.allotments.items()
            if allotment.allotted
        }
        return {
            "organisation_id": str(self.id),
            "year": 2023,
            "hour_type": "training",
            "granted": self.granted,
            "distributed": sum(unit["allotted"] for unit in units.values()),
            "reserved": self.own.reserved + sum(unit["reserved"] for unit in units.values()),
            "used": self.own.used + sum(unit["used"] for unit in units.values()),
            "returned": self.returned,
            "lapsed": self.own.lapsed,
            "available": self.own.free,
            "units": units,
        }


@dataclass
class Request:
    tree: int
    hours: int
    is_open: bool = True


@dataclass
class Return:
    tree: int
    hours: int
    window: date | None
    is_cancelled: bool = False


@dataclass
class Proposal:
    tree: int
    organisation_id: UUID
    state: str = "draft"

    @property
    def is_open(self) -> bool:
        return self.state in ("draft", "submitted")


@dataclass
class AllotmentRequest:
    tree: int
    unit: UUID
    hours: int
    state: str = "submitted"


@dataclass
class PlanRow:
    wish: int | None
    """Number of the submitted proposal, or of the open request."""
    hours: int | None = None


@dataclass
class Plan:
    """A decision plan; its rows are by the number of the tree, or of the request."""

    kind: str
    rows: dict[int, PlanRow]
    available: int
    state: str = "draft"

    @property
    def filled(self) -> dict[int, int]:
        return {key: row.hours for key, row in self.rows.items() if row.hours is not None}


@dataclass
class Year:
    """The year 2023 of a study centre."""

    trees: list[Tree]
    now: datetime
    hours: int = 0
    pool: int = 0
    peer_hours: int = 0
    peer_pool: int = 0
    returned: int = 0
    closed: bool = False
    requests: list[Request] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    allotment_requests: list[AllotmentRequest] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)

    @property
    def today(self) -> date:
        return self.now.astimezone(HELSINKI).date()

    def check_open(self) -> None:
        if self.closed:
            raise Refused(409, "year-closed")

    def check_window(self) -> None:
        if self.window() is None:
            raise Refused(409, "window-closed")

    def window(self) -> date | None:
        """The first day of the change window that is open."""
        return next((first for first, last in WINDOWS if first <= self.today <= last), None)

    def take(self, hours: int) -> None:
        """Out of the pool."""
        if hours > self.pool:
            raise Refused(409, "pool-exceeded")
        self.pool -= hours

    def take_for_peers(self, hours: int) -> None:
        """Out of the pool of peer groups."""
        if hours > self.peer_pool:
            raise Refused(409, "pool-exceeded")
        self.peer_pool -= hours

    def set_pool(self, hours: int) -> None:
        self.check_open()
        self.take(self.hours - hours)
        self.hours = hours

    def set_peer_pool(self, hours: int) -> None:
        self.check_open()
        self.take_for_peers(self.peer_hours - hours)
        self.peer_hours = hours

    def grant_for_peers(self, index: int, hours: int) -> None:
        self.check_open()
        self.take_for_peers(hours)
        self.trees[index].peers.free += hours
        self.trees[index].peers_granted += hours

    def grant_quota(self, index: int, hours: int) -> None:
        """Once a year: what follows are corrections."""
        self.check_open()
        if self.trees[index].has_quota:
            raise Refused(409, "already-exists")
        self.grant_for_peers(index, hours)
        self.trees[index].has_quota = True

    def correct_for_peers(self, index: int, hours: int) -> None:
        tree = self.trees[index]
        self.take_for_peers(max(hours, 0))
        side = "lapsed" if self.closed else "free"
        if getattr(tree.peers, side) + hours < 0:
            raise Refused(409, "quota-exceeded")
        self.peer_pool -= min(hours, 0)
        setattr(tree.peers, side, getattr(tree.peers, side) + hours)
        tree.peers_granted += hours

    def grant(self, tree: Tree, hours: int) -> None:
        self.take(hours)
        tree.own.free += hours
        tree.granted += hours

    def decide(self, hours: dict[int, int]) -> None:
        self.check_open()
        if any(self.trees[index].decided for index in hours):
            raise Refused(409, "already-exists")
        for index, amount in hours.items():
            self.grant(self.trees[index], amount)
            self.trees[index].decided = True
        for proposal in self.proposals:
            if proposal.is_open and proposal.tree in hours:
                is_decided = (proposal.state, proposal.organisation_id) == ("submitted", self.trees[proposal.tree].id)
                proposal.state = "decided" if is_decided else "expired"

    def propose(self, index: int, organisation_id: UUID) -> None:
        self.check_open()
        others = (each for each in self.proposals if each.organisation_id == organisation_id)
        if self.trees[index].decided or any(each.state not in ("withdrawn", "expired") for each in others):
            raise Refused(409, "already-exists")
        self.proposals.append(Proposal(index, organisation_id))

    def submit(self, number: int) -> None:
        if self.proposals[number].state != "draft":
            raise Refused(409, "wrong-state")
        self.check_window()
        self.proposals[number].state = "submitted"

    def withdraw(self, number: int) -> None:
        if not self.proposals[number].is_open:
            raise Refused(409, "wrong-state")
        self.proposals[number].state = "withdrawn"

    def wishes(self, kind: str) -> dict[int, int | None]:
        """What can be decided now, each with its proposal or request."""
        if kind == "window":
            return {number: number for number, request in enumerate(self.requests) if request.is_open}
        sent = {
            proposal.tree: number
            for number, proposal in enumerate(self.proposals)
            if (proposal.state, proposal.organisation_id) == ("submitted", self.trees[proposal.tree].id)
        }
        return {index: sent.get(index) for index, tree in enumerate(self.trees) if not tree.decided}

    def plan(self, kind: str) -> None:
        self.check_open()
        self.plans.append(Plan(kind, {key: PlanRow(wish) for key, wish in self.wishes(kind).items()}, self.pool))

    def draft(self, number: int) -> Plan:
        if self.plans[number].state != "draft":
            raise Refused(409, "wrong-state")
        return self.plans[number]

    def fill_plan(self, number: int, hours: dict[int, int]) -> None:
        plan = self.plans[number]
        if plan.kind == "window" and any(given > self.requests[key].hours for key, given in hours.items()):
            raise Refused(422, "validation")
        for key, given in hours.items():
            self.draft(number).rows[key].hours = given

    def refresh_plan(self, number: int) -> None:
        plan = self.draft(number)
        before = plan.filled
        plan.rows = {key: PlanRow(wish, before.get(key)) for key, wish in self.wishes(plan.kind).items()}
        plan.available = self.pool

    def publish_plan(self, number: int) -> None:
        plan = self.draft(number)
        now = self.wishes(plan.kind)
        moved = any(key not in now or now[key] != plan.rows[key].wish for key in plan.filled)
        if moved or plan.available != self.pool:
            raise Refused(409, "plan-stale")
        if sum(plan.filled.values()) > self.pool:
            raise Refused(409, "pool-exceeded")
        if plan.kind == "round":
            self.decide(plan.filled)
        else:
            for key, hours in plan.filled.items():
                self.answer_request(key, hours)
        plan.state = "published"

    def correct(self, index: int, hours: int) -> None:
        tree = self.trees[index]
        side = "lapsed" if self.closed else "free"
        self.take(max(hours, 0))
        if getattr(tree.own, side) + hours < 0:
            raise Refused(409, "quota-exceeded")
        self.pool -= min(hours, 0)
        setattr(tree.own, side, getattr(tree.own, side) + hours)
        tree.granted += hours

    def request(self, index: int, hours: int) -> None:
        self.check_open()
        self.check_window()
        self.requests.append(Request(index, hours))

    def answer_request(self, number: int, hours: int) -> None:
        request = self.requests[number]
        if not request.is_open:
            raise Refused(409, "wrong-state")
        if hours > request.hours:
            raise Refused(422, "validation")
        self.grant(self.trees[request.tree], hours)
        request.is_open = False

    def withdraw_request(self, number: int) -> None:
        if not self.requests[number].is_open:
            raise Refused(409, "wrong-state")
        self.requests[number].is_open = False

    def give_back(self, index: int, hours: int) -> None:
        tree = self.trees[index]
        self.check_open()
        self.check_window()
        if hours > tree.own.free:
            raise Refused(409, "quota-exceeded")
        tree.own.free -= hours
        tree.returned += hours
        self.pool += hours
        self.returned += hours
        self.returns.append(Return(index, hours, self.window()))

    def cancel_return(self, number: int) -> None:
        booked = self.returns[number]
        if booked.is_cancelled:
            raise Refused(409, "wrong-state")
        self.check_open()
        if self.window() != booked.window:
            raise Refused(409, "window-closed")
        self.take(booked.hours)
        tree = self.trees[booked.tree]
        tree.own.free += booked.hours
        tree.returned -= booked.hours
        self.returned -= booked.hours
        booked.is_cancelled = True

    def distribute(self, index: int, wished: dict[UUID, int], version: str) -> None:
        tree = self.trees[index]
        if version == "stale":
            raise Refused(412, "precondition-failed")
        if version == "none" and tree.revision:
            raise Refused(428, "precondition-required")
        self.check_open()
        for unit, allotment in tree.allotments.items():
            if wished.get(unit, 0) < allotment.drawn:
                raise Refused(409, "allotment-in-use")
        free = tree.own.free + sum(allotment.free for allotment in tree.allotments.values())
        given = {unit: wished.get(unit, 0) - allotment.drawn for unit, allotment in tree.allotments.items()}
        if sum(given.values()) > free:
            raise Refused(409, "quota-exceeded")
        for unit, hours in given.items():
            tree.allotments[unit].free = hours
        tree.own.free = free - sum(given.values())
        tree.revision += 1

    def request_allotment(self, index: int, unit: UUID, hours: int) -> None:
        self.check_open()
        if any(each.unit == unit and each.state == "submitted" for each in self.allotment_requests):
            raise Refused(409, "already-exists")
        if self.trees[index].allotments[unit].free + min(hours, 0) < 0:
            raise Refused(409, "allotment-in-use")
        self.allotment_requests.append(AllotmentRequest(index, unit, hours))

    def answer_allotment_request(self, number: int, hours: int) -> None:
        request = self.allotment_requests[number]
        self.check_submitted(request)
        if not min(request.hours, 0) <= hours <= max(request.hours, 0):
            raise Refused(422, "validation")
        tree = self.trees[request.tree]
        if tree.allotments[request.unit].free + min(hours, 0) < 0:
            raise Refused(409, "allotment-in-use")
        if hours > tree.own.free:
            raise Refused(409, "quota-exceeded")
        tree.allotments[request.unit].free += hours
        tree.own.free -= hours
        tree.revision += 1 if hours else 0
        request.state = "rejected" if hours == 0 else "approved" if hours == request.hours else "partially_approved"

    def withdraw_allotment_request(self, number: int) -> None:
        self.check_submitted(self.allotment_requests[number])
        self.allotment_requests[number].state = "withdrawn"

    def check_submitted(self, request: AllotmentRequest) -> None:
        if request.state != "submitted":
            raise Refused(409, "wrong-state")

    def drawn_on(self, index: int, organisation_id: UUID, hour_type: HourType = "training") -> list[UUID]:
        """The accounts that an organisation draws on, in order."""
        tree = self.trees[index]
        at = organisation_id
        while at != tree.id and (hour_type == "peer_group" or not tree.allotments[at].allotted):
            at = tree.units[at]
        allotments = [] if at == tree.id else [at]
        has_common = hour_type == "peer_group" or organisation_id == tree.id or not tree.allotment_only
        return [*allotments, tree.id] if has_common else allotments

    def reserve(
        self, index: int, organisation_id: UUID, hours: int, hour_type: HourType = "training"
    ) -> dict[UUID, int]:
        tree = self.trees[index]
        holders = self.drawn_on(index, organisation_id, hour_type)
        free = {each: tree.holder(each, hour_type).free for each in holders}
        if hours > sum(free.values()):
            common = free.get(tree.id, 0)
            available = sum(free.values())
            parts: dict[str, object] = {"allotment_available": available - common, "common_available": common}
            if hour_type == "peer_group":
                parts["hour_type"] = hour_type
            raise Refused(409, "quota-exceeded", available=available, asked=hours, **parts)
        drawn = {}
        for each in holders:
            part = min(hours, free[each])
            hours -= part
            tree.holder(each, hour_type).free -= part
            tree.holder(each, hour_type).reserved += part
            drawn[each] = part
        return {each: part for each, part in drawn.items() if part}

    def settle(
        self, index: int, drawn: dict[UUID, int], held: int, hour_type: HourType = "training"
    ) -> dict[UUID, int]:
        """Use the hours that took place of those that the cause has reserved, common's last; free the rest. Of several
        allotments, the one with the lower ID comes first."""
        tree = self.trees[index]
        all_used = {}
        for each in sorted(drawn, key=lambda holder: (holder == tree.id, holder)):
            used = min(held, drawn[each])
            held -= used
            tree.holder(each, hour_type).reserved -= drawn[each]
            tree.holder(each, hour_type).used += used
            tree.holder(each, hour_type).free += drawn[each] - used
            all_used[each] = used
        return {each: used for each, used in all_used.items() if used}

    def reverse(self, index: int, used: dict[UUID, int], hour_type: HourType) -> None:
        """Take back what a cause has used. In a closed year it lapses, and an allotment stays as large as it was."""
        tree = self.trees[index]
        for each, hours in used.items():
            holder = tree.holder(each, hour_type)
            holder.used -= hours
            if not self.closed:
                holder.free += hours
                continue
            holder.lapsed += hours
            if each != tree.id:
                tree.own.lapsed += hours

    def release(
        self, index: int, drawn: dict[UUID, int], hours: int, hour_type: HourType = "training"
    ) -> dict[UUID, int]:
        """Free common's part first, then those of allotments by their IDs, down to the rest."""
        tree = self.trees[index]
        if hours > sum(drawn.values()):
            raise Refused(409, "quota-exceeded")
        left = dict(drawn)
        for each in sorted(drawn, key=lambda holder: (holder != tree.id, holder)):
            part = min(hours, left[each])
            hours -= part
            left[each] -= part
            tree.holder(each, hour_type).reserved -= part
            tree.holder(each, hour_type).free += part
        return {each: part for each, part in left.items() if part}

    def close(self) -> None:
        self.check_open()
        holders = [(tree, holder) for tree in self.trees for holder in (tree.own, *tree.allotments.values())]
        peers = [tree.peers for tree in self.trees]
        if (
            any(holder.reserved for holder in (*peers, *(own for _, own in holders)))
            or self.today <= LAST_DAY_OF_STATEMENTS
        ):
            raise Refused(409, "wrong-state")
        for tree, holder in holders:
            tree.own.lapsed += holder.free
            if holder is not tree.own:
                holder.lapsed += holder.free
            holder.free = 0
        for of_peers in peers:
            of_peers.lapsed += of_peers.free
            of_peers.free = 0
        for request in self.requests:
            request.is_open = False
        for proposal in self.proposals:
            proposal.state = "expired" if proposal.is_open else proposal.state
        for asked in self.allotment_requests:
            asked.state = "expired" if asked.state == "submitted" else asked.state
        for plan in self.plans:
            plan.state = "expired" if plan.state == "draft" else plan.state
        self.closed = True
