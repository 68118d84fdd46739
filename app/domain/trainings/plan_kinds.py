"""What training courses and peer study groups are called in addresses, in events and where an ID names one of them."""

from dataclasses import dataclass

from app.domain.trainings.support_rules import Activity


@dataclass(frozen=True)
class PlanKind:
    path: str
    """Path of the list."""
    subject: str
    """How the names of its events begin."""
    id_field: str
    """The field, and the fact, that has the ID of one."""


KINDS: dict[Activity, PlanKind] = {
    "training": PlanKind("/v1/trainings", "training", "training_id"),
    "peer_group": PlanKind("/v1/peer-groups", "peer-group", "peer_group_id"),
}
"""By the type of the hours that they use."""
