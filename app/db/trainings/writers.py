"""Who writes a training: its training managers, and the unit managers and main users of it or above (rulebook §2.2)."""

from sqlalchemy import and_, or_, select

from app.db.organisations.organisations import organisation_ancestors, organisations
from app.db.people.people import role_grants
from app.db.trainings.tables import trainings

IN_PLACE = organisations.c.central_organisation_id == trainings.c.central_organisation_id
"""Whether the organisation belongs to the central organisation whose hours the training uses: it may have moved."""
_is_its_own = role_grants.c.organisation_id == trainings.c.organisation_id
_above = select(organisation_ancestors.c.ancestor_id).where(
    organisation_ancestors.c.organisation_id == trainings.c.organisation_id
)
IS_WRITERS_GRANT = or_(
    and_(role_grants.c.role == "training_manager", _is_its_own),
    and_(
        or_(role_grants.c.role == "main_user", role_grants.c.role == "unit_manager"),
        or_(
            _is_its_own,
            role_grants.c.organisation_id == trainings.c.central_organisation_id,
            and_(IN_PLACE, role_grants.c.organisation_id.in_(_above)),
        ),
    ),
)
"""Whether the role is that of a writer of the training, as `domain/trainings/trainings.py` says. `organisations` is the
training's."""
