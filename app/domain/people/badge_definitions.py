"""Badges (osaamismerkit): what one is given for, in three languages, and its criteria (rulebook §3.11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.access import Role
from app.domain.errors import Fault, Invalid, WrongState
from app.domain.organisations.organisations import Language
from app.domain.values import Shown

BadgeState = Literal["draft", "published", "retired"]
CriterionKind = Literal["role_held", "onboarding_done", "year_confirmed", "round_taken_part"]


@dataclass(frozen=True)
class BadgeTexts(Shown):
    """The same text in each language."""

    fi: str
    """Text in Finnish."""
    sv: str
    """Text in Swedish."""
    en: str
    """Text in English."""

    def of(self, language: Language) -> str:
        return {"fi": self.fi, "sv": self.sv, "en": self.en}[language]


@dataclass(frozen=True)
class BadgeCriterion(Shown):
    """What the applicant has done for the organisation: held a role, completed the onboarding, confirmed the
    organisation's data of a year, or made a proposal in a proposal round."""

    kind: CriterionKind
    """Kind of the criterion."""
    role: Role | None
    """Role to be held. `null` if the kind is another than `role_held`."""
    months: int | None
    """Number of months for which the role has been held. `null` if the kind is another than `role_held`."""


@dataclass(frozen=True)
class BadgeDefinition(Shown):
    id: UUID
    name: BadgeTexts
    """Name of the badge."""
    description: BadgeTexts
    """Description of the achievement."""
    criteria_text: BadgeTexts
    """Text that says what the badge is granted for."""
    criteria: tuple[BadgeCriterion, ...]
    """Criteria that the service checks."""
    months_valid: int | None
    """Number of months for which a badge is valid after its acceptance. `null` if it is valid without an end."""
    state: BadgeState
    """State of the definition."""
    has_image: bool
    """Whether an image has been uploaded."""
    created_at: datetime
    published_at: datetime | None
    """When the definition was published. `null` if it is a draft."""
    retired_at: datetime | None
    """When the definition was retired. `null` if it is not."""


def check_criteria(criteria: Sequence[BadgeCriterion]) -> None:
    """Check that a role and months are named exactly for `role_held`, and no criterion twice. Raise Invalid."""
    faults = []
    for index, criterion in enumerate(criteria):
        named: Mapping[str, object] = {"role": criterion.role, "months": criterion.months}
        for name, value in named.items():
            if criterion.kind == "role_held" and value is None:
                faults.append(Fault(f"/criteria/{index}/{name}", "required"))
            elif criterion.kind != "role_held" and value is not None:
                faults.append(Fault(f"/criteria/{index}/{name}", "extra-forbidden"))
        if criterion in criteria[:index]:
            faults.append(Fault(f"/criteria/{index}", "repeated"))
    if faults:
        raise Invalid(*faults)


def check_is(definition: BadgeDefinition, *states: BadgeState) -> None:
    """Raise WrongState."""
    if definition.state not in states:
        raise WrongState(state=definition.state, allowed=list(states))


def check_may_be_published(definition: BadgeDefinition) -> None:
    """Check that it is a draft with an image (rulebook §3.11). Raise WrongState."""
    check_is(definition, "draft")
    if not definition.has_image:
        raise WrongState(state=definition.state, allowed=["draft"], because="no-image")
