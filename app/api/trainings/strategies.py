"""`/v1/training-strategies`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import Field, PlainValidator, Strict, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from app.api.conventions import Edit, NoBody, PlainWrite, Read, Write, WriteOnce
from app.api.files import PDF, Download, giving
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import IN_DIGITS, UNSAID, WHOLE, Body, ChangedSince, Several, Text, Year
from app.api.trainings.documents import DocumentLanguage
from app.db.paging import Slice
from app.domain.organisations.contacts import Contact
from app.domain.trainings.strategies import (
    LARGEST_AIM,
    MOST_TARGETS,
    Figure,
    GivenTarget,
    StrategyChanges,
    StrategyComparison,
    StrategyRevision,
    StrategyState,
    TrainingStrategy,
)
from app.services.trainings import strategies, strategy_documents

router = APIRouter(
    prefix="/training-strategies",
    route_class=Operation,
    tags=[
        Tag(
            "Training strategies",
            "What central organisations aim at with their training courses, and what became of it. The study centre "
            "approves none of it.",
        )
    ],
)
RevisionNumber = Annotated[int, Path(ge=1, le=2**31 - 1), IN_DIGITS]
NumberToReach = Annotated[int, Strict(), Field(ge=0, le=LARGEST_AIM), WHOLE]
_number: TypeAdapter[int] = TypeAdapter(NumberToReach)
_words: TypeAdapter[str] = TypeAdapter(Text)


def _aim(value: object) -> object:
    """A number, or else text: the faults are those of what it seems to be."""
    try:
        return (_words if isinstance(value, str) else _number).validate_python(value)
    except ValidationError as error:
        fault = error.errors()[0]
        raise PydanticCustomError(fault["type"], "The aim is not valid", fault.get("ctx")) from error


Aim = Annotated[int | str, PlainValidator(_aim, json_schema_input_type=NumberToReach | Text)]


class MeasureIn(Body):
    kind: Literal["figure", "words"]
    """`figure` takes a figure of the statistics, `words` a text."""
    figure: Figure | None = None
    """Figure of the organisation's complete tree in a year. Required for `figure`. `null` if the measure is
    words."""
    text: Text | None = None
    """Sign by which the organisation sees that it has reached the target. Required for `words`. `null` if the measure
    is a figure."""


class StrategyTargetIn(Body):
    text: Text
    measure: MeasureIn
    aim: Aim
    year: Year
    """Year of the strategy in which the target is to be reached."""

    def target(self) -> GivenTarget:
        measure = self.measure
        return GivenTarget(None, self.text, measure.kind, measure.figure, measure.text, self.aim, self.year)


class StrategyTargetPatch(StrategyTargetIn):
    id: UUID | None = None
    """ID of the target, if it is one that the strategy has. `null` if it is new."""

    def target(self) -> GivenTarget:
        measure = self.measure
        return GivenTarget(self.id, self.text, measure.kind, measure.figure, measure.text, self.aim, self.year)


class TrainingStrategyIn(Body):
    organisation_id: UUID
    """ID of your central organisation."""
    first_year: Year
    last_year: Year
    present_state: Text | None = None
    challenges: Text | None = None
    development: Text | None = None
    own_strategy: Text | None = None
    quality_process: Text | None = None
    targets: Annotated[list[StrategyTargetIn], Field(max_length=MOST_TARGETS, default_factory=list)]


class TrainingStrategyPatch(Body):
    first_year: Year = UNSAID
    last_year: Year = UNSAID
    present_state: Text | None = UNSAID
    challenges: Text | None = UNSAID
    development: Text | None = UNSAID
    own_strategy: Text | None = UNSAID
    quality_process: Text | None = UNSAID
    targets: Annotated[list[StrategyTargetPatch], Field(max_length=MOST_TARGETS)] = UNSAID
    """All targets. Those left out are removed."""

    def changes(self) -> StrategyChanges:
        changes: StrategyChanges = self.given(exclude={"targets"})
        if "targets" in self.model_fields_set:
            changes["targets"] = [target.target() for target in self.targets]
        return changes


@router.post("", status_code=201, responses=refusing("not-found", "not-central", "not-a-member", "already-exists"))
@operation(scope="trainings:write")
async def create_training_strategy(writer: Write, body: TrainingStrategyIn) -> TrainingStrategy:
    """Create a training strategy.

    Creates a draft, which may lack anything but its years. An organisation has one draft at a time.

    **Who:** main users.
    """
    return await strategies.create_strategy(
        writer,
        organisation_id=body.organisation_id,
        first_year=body.first_year,
        last_year=body.last_year,
        present_state=body.present_state,
        challenges=body.challenges,
        development=body.development,
        own_strategy=body.own_strategy,
        quality_process=body.quality_process,
        targets=[target.target() for target in body.targets],
    )


@router.get("", response_model=Page[TrainingStrategy])
@operation(scope="trainings:read")
async def list_training_strategies(
    reader: Read,
    page: Paging,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    state: Several[StrategyState] = None,
    changed_since: ChangedSince = None,
) -> Slice[TrainingStrategy]:
    """List training strategies.

    The newest come first. Drafts are left out for those who do not see them.

    **Who:** everyone with a role in the tree, staff, auditors.
    """
    return await strategies.list_strategies(
        reader, page, organisation_id=organisation_id, under=under, state=state, changed_since=changed_since
    )


@router.get("/{strategy_id}")
@operation(scope="trainings:read")
async def get_training_strategy(reader: Read, strategy_id: UUID) -> TrainingStrategy:
    """Get a training strategy.

    Everyone with a role in the organisation's tree sees it. A draft is for main users, staff and auditors only, until
    its consultation opens.

    **Who:** everyone with a role in the tree, staff, auditors.
    """
    return await strategies.get_strategy(reader, strategy_id)


@router.patch("/{strategy_id}", responses=refusing("wrong-state", "not-a-member"))
@operation(scope="trainings:write")
async def change_training_strategy(writer: Edit, strategy_id: UUID, body: TrainingStrategyPatch) -> TrainingStrategy:
    """Change a training strategy.

    Changes a draft. A change of a strategy in force is in force immediately, as a new revision, so it needs a person.

    **Who:** main users; for a strategy in force in person.
    """
    return await strategies.change_strategy(writer, strategy_id, body.changes(), writer.expected)


@router.post("/{strategy_id}/consultation", responses=refusing("wrong-state", "not-a-member"))
@operation(scope="trainings:write")
async def open_training_strategy_consultation(writer: Write, strategy_id: UUID, _: NoBody = None) -> TrainingStrategy:
    """Open a draft to the tree.

    From then on everyone with a role in the organisation's tree reads the draft and contributes to it. Repeating it
    changes nothing.

    **Who:** main users.
    """
    return await strategies.open_consultation(writer, strategy_id)


@router.post("/{strategy_id}/adoption", responses=refusing("wrong-state", "not-a-member"))
@operation(people_only=True)
async def adopt_training_strategy(writer: WriteOnce, strategy_id: UUID, _: NoBody = None) -> TrainingStrategy:
    """Adopt a training strategy.

    Takes a draft into force as revision 1. The strategy in force before is archived. The draft needs its present state,
    its development and at least one target.

    **Who:** main users in person.
    """
    return await strategies.adopt_strategy(writer, strategy_id)


@router.post("/{strategy_id}/archiving", responses=refusing("wrong-state", "not-a-member"))
@operation(people_only=True)
async def archive_training_strategy(writer: Write, strategy_id: UUID, _: NoBody = None) -> TrainingStrategy:
    """Archive a training strategy.

    Ends a strategy in force. It stays readable, and its years can still be followed up.

    **Who:** main users in person.
    """
    return await strategies.archive_strategy(writer, strategy_id)


@router.get("/{strategy_id}/revisions", response_model=Page[StrategyRevision])
@operation(scope="trainings:read", personal_data=True)
async def list_training_strategy_revisions(reader: Read, page: Paging, strategy_id: UUID) -> Slice[StrategyRevision]:
    """List the revisions of a strategy.

    The newest come first. The adoption made the first one, and each later change another. A revision never changes.

    **Who:** everyone who sees the strategy.
    """
    return await strategies.list_revisions(reader, page, strategy_id)


@router.get("/{strategy_id}/revisions/{number}")
@operation(scope="trainings:read", personal_data=True)
async def get_training_strategy_revision(reader: Read, strategy_id: UUID, number: RevisionNumber) -> StrategyRevision:
    """Get a revision of a strategy.

    Returns the strategy as it was adopted or changed.

    **Who:** everyone who sees the strategy.
    """
    return await strategies.get_revision(reader, strategy_id, number)


@router.get("/{strategy_id}/revisions/{before}/comparison/{after}")
@operation(scope="trainings:read", computed=True)
async def compare_training_strategy_revisions(
    reader: Read, strategy_id: UUID, before: RevisionNumber, after: RevisionNumber
) -> StrategyComparison:
    """Compare two revisions of a strategy.

    Returns only the fields that differ.

    **Who:** everyone who sees the strategy.
    """
    return await strategies.compare_revisions(reader, strategy_id, before, after)


@router.get("/{strategy_id}/document", **giving(PDF))
@operation(scope="trainings:read")
async def get_training_strategy_document(writer: PlainWrite, strategy_id: UUID, language: DocumentLanguage) -> Download:
    """Get a training strategy as a PDF.

    Shows all sections and targets (PDF/A-3a, PDF/UA-1). The document of a revision stays the same from the first
    reading on. The document of a draft says on each page that it is a draft.

    **Who:** everyone who sees the strategy.
    """
    name, content = await strategy_documents.get_strategy_document(writer, strategy_id, language)
    return Download(content, PDF, name, language, is_chosen=True)


@router.get("/{strategy_id}/contact")
@operation(scope="trainings:read", personal_data=True)
async def get_training_strategy_contact(reader: Read, strategy_id: UUID) -> Contact:
    """Get the contact person for a strategy.

    Returns the organisation's contact person at the study centre.

    **Who:** everyone who sees the strategy.
    """
    return await strategies.get_strategy_contact(reader, strategy_id)
