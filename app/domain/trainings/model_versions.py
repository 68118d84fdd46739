"""Versions of training models (koulutusmallin versio): the content, whose turn it is, and what a submission needs
(rulebook §3.7)."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, get_args
from uuid import UUID

from app.domain.access import Actor
from app.domain.errors import AlreadyExists, CommentsOpen, Fault, Forbidden, Invalid, WrongState
from app.domain.organisations.organisations import Language
from app.domain.trainings.models import PlacedModel
from app.domain.values import Shown

VersionState = Literal["in_work", "in_review", "sent_back", "approved", "rejected", "withdrawn", "in_use", "superseded"]
VersionChange = Literal["first", "substantial", "minor"]
Side = Literal["organisation", "study_centre"]
Scale = Literal["pass_fail", "one_to_five"]
Section = Literal[
    "texts",
    "content",
    "assessment",
    "methods",
    "learner_hours",
    "prerequisites",
    "trainer_qualifications",
    "koski_study_unit",
]
SECTIONS: tuple[Section, ...] = get_args(Section)
"""The fields of a version that are its content."""
VOLUNTARY: frozenset[Section] = frozenset({"prerequisites", "koski_study_unit"})
OF_MINOR: frozenset[Section] = frozenset({"texts", "content", "methods", "prerequisites"})
"""What a minor change may alter."""
OPEN_STATES: tuple[VersionState, ...] = ("in_work", "in_review", "sent_back")
EDITABLE_STATES: tuple[VersionState, ...] = ("in_work", "sent_back")
APPROVED_STATES: tuple[VersionState, ...] = ("approved", "in_use", "superseded")
"""States in which everybody with a role in the tree sees the version of an accepted model."""
LEAST_LEARNER_HOURS, MOST_LEARNER_HOURS = 27, 1620
HOURS_OF_CREDIT = 27
"""Hours of a learner's work in a study credit (rulebook §4.2)."""
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True)
class ModelText(Shown):
    """The texts of a version in one language."""

    name: str | None = None
    """Name of the course. `null` if not given."""
    goals: list[str] = field(default_factory=list)
    """Learning goals."""
    certificate_text: str | None = None
    """Text of the certificate. `null` if not given."""


@dataclass(frozen=True)
class ModelTexts(Shown):
    fi: ModelText | None = None
    """Texts in Finnish. `null` if not given."""
    sv: ModelText | None = None
    """Texts in Swedish. `null` if not given."""
    en: ModelText | None = None
    """Texts in English. `null` if not given."""


@dataclass(frozen=True)
class Assessment(Shown):
    what: str | None = None
    """Subject of the assessment. `null` if not given."""
    how: str | None = None
    """Method of the assessment. `null` if not given."""
    by_whom: str | None = None
    """Assessor, for example the trainer. `null` if not given."""
    scale: Scale | None = None
    """Scale: `pass_fail`, or the grades of `one_to_five`. `null` if not given."""


@dataclass(frozen=True)
class KoskiStudyUnit(Shown):
    """The study unit (opintokokonaisuus) as which Koski knows the course."""

    code: str
    """Code of the study unit in Koski, one to six digits."""
    name: str
    """Name of the study unit."""


@dataclass(frozen=True)
class VersionCircumstances(Shown):
    """What is known of a version beside its content."""

    id: UUID
    model_id: UUID
    """ID of the model."""
    organisation_id: UUID
    """ID of the central organisation that owns the model."""
    number: int
    """Number of the version within its model, from 1."""
    change: VersionChange
    """Kind of the change: the `first` version, a `substantial` or a `minor` change."""
    reason: str | None
    """Reason for the change. `null` if it is the first version."""
    state: VersionState
    """State of the version."""
    credits: int | None
    """Extent in study credits of 27 hours, rounded down. `null` if `learner_hours` is not given."""
    round: int
    """Number of times that the organisation has handed the version over to the study centre for comments."""
    waiting_for: Side | None
    """Side whose turn it is. `null` if the version waits for nobody."""
    waiting_since: datetime | None
    """Since when it is that side's turn. `null` if the version waits for nobody."""
    digest: str | None
    """SHA-256 digest of the content as canonical JSON. `null` if the content can still be changed."""
    submissions: int
    """Number of times that the version has been submitted for review."""
    created_by: UUID
    created_by_name: str | None
    created_at: datetime
    submitted_by: UUID | None
    """ID of the person or API key that last submitted the version. `null` if it has not been submitted."""
    submitted_by_name: str | None
    submitted_at: datetime | None
    """When the version was last submitted. `null` if it has not been submitted."""
    decided_by: UUID | None
    """ID of the staff member who made the last decision. `null` if there is none."""
    decided_by_name: str | None
    decided_at: datetime | None
    """When the last decision was made. `null` if there is none."""
    decision_reason: str | None
    """Reason for the last decision. `null` if none was given."""
    activated_by: UUID | None
    """ID of the person or API key that took the version into use. `null` if nobody has."""
    activated_by_name: str | None
    activated_at: datetime | None
    """When the version was taken into use. `null` if it has not been."""
    ended_by: UUID | None
    """ID of the person or API key that withdrew the version or took the next one into use. `null` if nobody has."""
    ended_by_name: str | None
    ended_at: datetime | None
    """When the version was withdrawn or superseded. `null` if neither has happened."""


@dataclass(frozen=True)
class VersionContent(Shown):
    """What is agreed of a course: goals, content, extent and assessment."""

    texts: ModelTexts
    """Texts by language."""
    content: str | None
    """Content. `null` if not given."""
    assessment: Assessment | None
    """Assessment of what has been learnt. `null` if not given."""
    methods: str | None
    """Methods of teaching and study. `null` if not given."""
    learner_hours: int | None
    """Hours of a learner's work. `null` if not given."""
    prerequisites: str | None
    """Knowledge and skills that learners need before. `null` if none."""
    trainer_qualifications: str | None
    """Qualifications that trainers need. `null` if not given."""
    koski_study_unit: KoskiStudyUnit | None
    """Study unit in Koski. `null` if completions are not reported to Koski."""


@dataclass(frozen=True)
class ModelVersion(VersionContent, VersionCircumstances):
    """A version of a training model with its content and its review."""


EMPTY = VersionContent(
    texts=ModelTexts(),
    content=None,
    assessment=None,
    methods=None,
    learner_hours=None,
    prerequisites=None,
    trainer_qualifications=None,
    koski_study_unit=None,
)
"""The content of a version with which the work begins."""


def credits_of(learner_hours: int | None) -> int | None:
    """Return the study credits: 27 hours of a learner's work each, without fractions (rulebook §4.2)."""
    return None if learner_hours is None else learner_hours // HOURS_OF_CREDIT


def content_of(version: VersionContent) -> VersionContent:
    return VersionContent(**{each.name: getattr(version, each.name) for each in fields(VersionContent)})


def canonical_of(content: VersionContent) -> bytes:
    """Return the content as canonical JSON (RFC 8785): the keys in order, no spaces, in UTF-8."""
    written = asdict(content_of(content))
    written["texts"] = {language: text for language, text in written["texts"].items() if text is not None}
    return json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(content: VersionContent) -> str:
    return sha256(canonical_of(content)).hexdigest()


def text_in(content: VersionContent, language: Language) -> ModelText | None:
    text: ModelText | None = getattr(content.texts, language)
    return text


def with_changes(content: VersionContent, changes: Mapping[str, Any]) -> VersionContent:
    """Return the content with the changed fields. Of objects the changes have only some fields (RFC 7396)."""
    merged: dict[str, Any] = dict(changes)
    if (texts := changes.get("texts")) is not None:
        merged["texts"] = replace(
            content.texts,
            **{
                language: None if text is None else replace(text_in(content, language) or ModelText(), **text)
                for language, text in texts.items()
            },
        )
    if (assessment := changes.get("assessment")) is not None:
        merged["assessment"] = replace(content.assessment or Assessment(), **assessment)
    if (unit := changes.get("koski_study_unit")) is not None:
        merged["koski_study_unit"] = _unit_with(content.koski_study_unit, unit)
    return replace(content_of(content), **merged)


def _unit_with(unit: KoskiStudyUnit | None, changes: Mapping[str, str]) -> KoskiStudyUnit:
    """Raise Invalid if a new study unit lacks its code or its name."""
    merged = (asdict(unit) if unit else {}) | dict(changes)
    if missing := [name for name in ("code", "name") if name not in merged]:
        raise Invalid(*(Fault(f"/koski_study_unit/{name}", "missing") for name in missing))
    return KoskiStudyUnit(**merged)


def differing(before: VersionContent, after: VersionContent) -> list[Section]:
    """Return the names of the sections that differ."""
    return [section for section in SECTIONS if getattr(before, section) != getattr(after, section)]


def check_change(version: ModelVersion, changed: Collection[Section]) -> None:
    """Check that a minor change alters only what it may (rulebook §3.7). Raise Invalid."""
    if version.change == "minor" and (others := [section for section in changed if section not in OF_MINOR]):
        raise Invalid(*(Fault(f"/{section}", "not-in-a-minor-change") for section in others))


def check_state(version: ModelVersion, *allowed: VersionState) -> None:
    """Raise WrongState."""
    if version.state not in allowed:
        raise WrongState(state=version.state, allowed=list(allowed))


def check_turn(version: ModelVersion, side: Side) -> None:
    """Check that it is the side's turn (rulebook §3.7). Raise WrongState."""
    if version.waiting_for != side:
        raise WrongState(state=version.state, waiting_for=version.waiting_for)


def side_of(actor: Actor, placed: PlacedModel) -> Side | None:
    """Return the side for which the actor works: a main user's is the organisation's, also if that person is of the
    staff too; the staff's is the study centre's (rulebook §3.7)."""
    if actor.has_for(placed.place, "main_user"):
        return "organisation"
    return "study_centre" if actor.has("staff") else None


def check_hands_over(actor: Actor, placed: PlacedModel) -> Side:
    """Return the side that hands the version over: a main user's, or the expert's (rulebook §3.7). Raise Forbidden."""
    side = side_of(actor, placed)
    if side is None:
        raise Forbidden(roles=["main_user", "staff"])
    if side == "study_centre" and not actor.is_among({placed.model.expert_id}):
        raise Forbidden(because="not-the-expert")
    return side


def other_side_of(side: Side) -> Side:
    return "study_centre" if side == "organisation" else "organisation"


def faults_of_submission(content: VersionContent, language: Language) -> list[Fault]:
    """Return a fault for each section that is missing, and for what a section lacks. The texts are needed in the
    organisation's language; in another language they are complete or not there at all (rulebook §3.7)."""
    faults = []
    for each in LANGUAGES:
        if text := text_in(content, each):
            faults += [
                Fault(f"/texts/{each}/{name}", "section-missing")
                for name in ("name", "goals", "certificate_text")
                if not getattr(text, name)
            ]
        elif each == language:
            faults.append(Fault(f"/texts/{each}", "section-missing"))
    for section in SECTIONS:
        if section == "texts" or section in VOLUNTARY:
            continue
        if getattr(content, section) is None:
            faults.append(Fault(f"/{section}", "section-missing"))
    if content.assessment:
        faults += [
            Fault(f"/assessment/{name}", "section-missing")
            for name, value in asdict(content.assessment).items()
            if value is None
        ]
    return faults


def check_submission(version: ModelVersion, language: Language, open_comments: Collection[UUID]) -> None:
    """Check that the version is complete, and that no comment on it is open (rulebook §3.7).

    Raise Invalid, CommentsOpen.
    """
    if faults := faults_of_submission(version, language):
        raise Invalid(*faults)
    if open_comments:
        raise CommentsOpen(open_comments=list(open_comments))


def check_none_open(open_id: UUID | None) -> None:
    """Check that the model has no open version (rulebook §3.7). Raise AlreadyExists."""
    if open_id is not None:
        raise AlreadyExists(existing_id=open_id)


def check_kind(change: VersionChange, approved: VersionContent | None) -> None:
    """Check that there is an approved version of which a minor change can be made (rulebook §3.7). Raise Invalid."""
    if change == "minor" and approved is None:
        raise Invalid(Fault("/change", "none-approved"))


def check_activation(version: ModelVersion, in_use: int | None) -> None:
    """Check that the version is approved, and that no later one is in use: `in_use` is the number of the one that is
    (rulebook §3.7). Raise WrongState."""
    check_state(version, "approved")
    if in_use is not None and in_use > version.number:
        raise WrongState(state=version.state, because="later-in-use")
