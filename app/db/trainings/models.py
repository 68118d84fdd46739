"""Training models, each with what the rules need to know of its organisation."""

from typing import Any

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, or_, select

from app.db.organisations.organisations import organisations, place_at
from app.db.paging import Sight, filters_of, of_own_tree
from app.db.resources import Resource
from app.db.statements import Converted, Selection, name_of
from app.db.trainings.model_tables import training_models
from app.domain.access import Actor, reach_of
from app.domain.trainings.models import ACCEPTED_STATES, CriterionFinding, PlacedModel, TrainingModel

of_main_user = training_models.c.organisation_id == any_(bindparam("p_led", type_=ARRAY(Uuid)))
"""Whether the caller is a main user of the model's organisation, who sees all of its work."""
accepted_in_tree = and_(
    or_(*(training_models.c.state == state for state in ACCEPTED_STATES)),
    of_own_tree(training_models.c.organisation_id),
)


def parameters_of_sight(actor: Actor) -> dict[str, object] | None:
    """The parameters of `of_main_user` and `accepted_in_tree`; None for a caller who sees everything."""
    reach = reach_of(actor)
    if reach is None:
        return None
    return {"p_reach": reach, "p_led": [grant.organisation_id for grant in actor.roles if grant.role == "main_user"]}


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
    seen=Sight(or_(of_main_user, accepted_in_tree), parameters_of_sight),
    filters=filters_of(training_models, "organisation_id", "under", "state", "expert_id", "changed_since"),
)
