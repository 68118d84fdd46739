"""Which role fits which organisation (rulebook §2.2)."""

from collections.abc import Sequence

from app.domain.access import CENTRE_ROLES, Role
from app.domain.errors import Fault, Invalid
from app.domain.organisations.organisations import OrganisationKind

KINDS: dict[Role, frozenset[OrganisationKind]] = {
    "main_user": frozenset({"central"}),
    "unit_manager": frozenset({"district", "association"}),
    "training_manager": frozenset({"central", "district", "association"}),
    "observer": frozenset({"central", "district", "association"}),
}
"""Kinds of organisations that a role can be for. The study centre's own roles are for none."""


def fits(role: Role, kind: OrganisationKind | None) -> bool:
    """Whether the role fits the kind of organisation. None is the study centre."""
    return role in CENTRE_ROLES if kind is None else kind in KINDS.get(role, frozenset())


def check_role_fits(role: Role, kind: OrganisationKind | None) -> None:
    """Raise Invalid."""
    if not fits(role, kind):
        raise Invalid(Fault("/organisation_id", "role-does-not-fit"))


def check_roles_fit(roles: Sequence[tuple[Role, OrganisationKind | None]]) -> None:
    """Raise Invalid, with all that do not fit."""
    faults = [
        Fault(f"/roles/{index}/organisation_id", "role-does-not-fit")
        for index, (role, kind) in enumerate(roles)
        if not fits(role, kind)
    ]
    if faults:
        raise Invalid(*faults)
