"""Reviews of versions (tarkastus): who reviews, the opinions, and the decision (rulebook §3.7)."""

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, check_not_own
from app.domain.errors import Fault, Forbidden, Invalid, OpinionsMissing, WrongState
from app.domain.lists import check_once
from app.domain.trainings.model_versions import ModelVersion
from app.domain.trainings.models import PlacedModel
from app.domain.values import Shown

Opinion = Literal["for", "against"]
VersionOutcome = Literal["approved", "sent_back", "rejected"]
FEWEST_REVIEWERS = 2


@dataclass(frozen=True)
class ModelReviewer(Shown):
    person_id: UUID
    """ID of the reviewer."""
    person_name: str | None
    """Name of the reviewer. `null` if you cannot see it."""
    opinion: Opinion | None
    """Opinion: `for` or `against`. `null` if it has not been given."""
    text: str | None
    """Grounds for the opinion. `null` if it has not been given."""
    given_at: datetime | None
    """When the opinion was given last. `null` if it has not been given."""


@dataclass(frozen=True)
class ModelReview(Shown):
    """The review of one submission of a version."""

    version_id: UUID
    """ID of the version."""
    submission: int
    """Submission that is reviewed, from 1. 0 if the version has not been submitted."""
    reviewers: list[ModelReviewer]
    """Reviewers with their opinions."""


@dataclass(frozen=True)
class Eligibility:
    """What a person may not be who reviews a version."""

    staff: Container[UUID]
    """Those who belong to the staff."""
    expert: Container[UUID | None]
    main_users: Container[UUID]
    """The main users of the organisation."""
    makers: Container[UUID | None]
    """Who proposed the model, and who began or submitted the version."""

    def fault_of(self, person_id: UUID) -> str | None:
        """The code of the fault of naming the person; None for one who may review."""
        if person_id not in self.staff:
            return "not-staff"
        if person_id in self.expert:
            return "is-expert"
        if person_id in self.main_users:
            return "is-main-user"
        return "is-maker" if person_id in self.makers else None


def check_named(person_ids: Sequence[UUID], eligibility: Eligibility) -> None:
    """Check that two or more different members of the staff are named, none of them the expert, a main user of the
    organisation or one whose own matter it is (rulebook §3.7). Raise Invalid."""
    check_once(person_ids, "/person_ids/{}")
    named = ((index, eligibility.fault_of(person_id)) for index, person_id in enumerate(person_ids))
    if faults := [Fault(f"/person_ids/{index}", code) for index, code in named if code]:
        raise Invalid(*faults)


def check_may_name(
    version: ModelVersion, named: Collection[UUID], present: Sequence[ModelReviewer], eligibility: Eligibility
) -> None:
    """Check that reviewers may be named: while the version is in review and before the first opinion. Afterwards only
    those are replaced who can review no longer, because they have left the staff for example (rulebook §3.7).

    Raise WrongState.
    """
    if version.state != "in_review":
        raise WrongState(state=version.state, allowed=["in_review"])
    if version.change == "minor":
        raise WrongState(state=version.state, because="expert-decides")
    if not any(each.opinion for each in present):
        return
    remaining = {each.person_id for each in present if eligibility.fault_of(each.person_id) is None}
    if not remaining <= set(named) or len(named) > max(len(present), FEWEST_REVIEWERS):
        raise WrongState(state=version.state, because="opinion-given")


def check_reviewer(
    actor: Actor, placed: PlacedModel, makers: Container[UUID | None], reviewers: Sequence[ModelReviewer]
) -> ModelReviewer:
    """Return the actor as a reviewer of the version, whose own matter it is not (rulebook §2.2, §3.7). A reviewer who
    turned out to be the same person as the expert is none any more. Raise Forbidden.
    """
    own = next((each for each in reviewers if actor.is_among({each.person_id})), None)
    if own is None or not actor.has("staff") or actor.is_among({placed.model.expert_id}):
        raise Forbidden(because="not-a-reviewer")
    check_not_own(actor, placed.place, makers)
    return own


def check_decider(
    actor: Actor,
    placed: PlacedModel,
    version: ModelVersion,
    makers: Container[UUID | None],
    reviewers: Sequence[ModelReviewer],
) -> None:
    """Check for a reviewer; of a minor change for the expert, who decides alone (rulebook §3.7). Raise Forbidden."""
    if version.change != "minor":
        check_reviewer(actor, placed, makers, reviewers)
        return
    if not (actor.has("staff") and actor.is_among({placed.model.expert_id})):
        raise Forbidden(because="not-the-expert")
    check_not_own(actor, placed.place, makers)


def check_opinions(version: ModelVersion, reviewers: Sequence[ModelReviewer]) -> None:
    """Check that every reviewer has given an opinion, and that they are at least two (rulebook §3.7).

    Raise OpinionsMissing.
    """
    waiting_for = [each.person_id for each in reviewers if each.opinion is None]
    if version.change != "minor" and (waiting_for or len(reviewers) < FEWEST_REVIEWERS):
        raise OpinionsMissing(waiting_for=waiting_for)


def check_reason(outcome: VersionOutcome, reason: str | None, reviewers: Sequence[ModelReviewer]) -> None:
    """Check that a decision has a reason, unless it approves what all reviewers are for (rulebook §3.7).

    Raise Invalid.
    """
    agreed = outcome == "approved" and all(each.opinion == "for" for each in reviewers)
    if not agreed and reason is None:
        raise Invalid(Fault("/reason", "reason-missing"))


OUTCOMES: Mapping[VersionOutcome, dict[str, object]] = {
    "approved": {"waiting_for": "organisation"},
    "sent_back": {"waiting_for": "organisation", "digest": None},
    "rejected": {"waiting_for": None},
}
"""What a decision changes beside the state: an approved version waits to be taken into use, and the content of one that
was sent back may be changed again."""
