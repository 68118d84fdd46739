"""Training models, each with what the rules need to know of its organisation."""

from typing import Any

from sqlalchemy import or_, select

from app.db.organisations.organisations import organisations, place_at
from app.db.paging import filters_of, in_tree
from app.db.resources import Resource
from app.db.statements import Converted, Selection, name_of
from app.db.trainings.model_tables import training_models
from app.domain.trainings.models import ACCEPTED_STATES, CriterionFinding, PlacedModel, TrainingModel

IS_ACCEPTED = or_(*(training_models.c.state == state for state in ACCEPTED_STATES))


def _findings_from(stored: list[dict[str, Any]] | None) -> list[CriterionFinding] | None:
    return None if stored is None else [CriterionFinding(**finding) for finding in stored]


_placed = Selection(
    PlacedModel,
    model=Selection(
        TrainingModel,
        training_models,
        organisation_name=organisations.c.name,
        expert_name=name_of(training_models.c.expert_id),
        criteria=Converted(training_models.c.criteria, _findings_from),
    ),
    place=place_at(organisations),
    active_from=organisations.c.active_from,
    active_until=organisations.c.active_until,
    language=organisations.c.language,
)
models = Resource(
    select(*_placed.columns).join(organisations, organisations.c.id == training_models.c.organisation_id),
    _placed.build,
    training_models,
    seen=in_tree(training_models.c.organisation_id, IS_ACCEPTED),
    filters=filters_of(training_models, "organisation_id", "under", "state", "expert_id", "changed_since"),
)
