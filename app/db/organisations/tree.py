"""The trees of organisations, which are stored in `organisation_ancestors`."""

from uuid import UUID

from sqlalchemy import SmallInteger, Uuid, bindparam, delete, insert, literal, select, update

from app.db.organisations.organisations import organisation_ancestors, organisations
from app.db.people.people import study_centres
from app.db.statements import Command, Connection, Query
from app.db.trainings.tables import trainings

_id = bindparam("p_id", type_=Uuid)
_parent_id = bindparam("p_parent_id", type_=Uuid)
_above = organisation_ancestors.alias("above")
_below = organisation_ancestors.alias("below")
_subtree = select(_below.c.organisation_id).where(_below.c.ancestor_id == _id)

_held_still: Query[UUID] = Query(select(study_centres.c.id).with_for_update(read=True))
_held: Query[UUID] = Query(select(study_centres.c.id).with_for_update(key_share=True))
_added = Command(
    insert(organisation_ancestors).from_select(
        ["organisation_id", "ancestor_id", "distance"],
        select(_id, _above.c.ancestor_id, _above.c.distance + 1)
        .where(_above.c.organisation_id == _parent_id)
        .union_all(select(_id, _id, literal(0, SmallInteger))),
        include_defaults=False,
    )
)
_subtree_locked = Command(
    select(organisations.c.id)
    .where(organisations.c.id.in_(_subtree))
    .order_by(organisations.c.id)
    .with_for_update(key_share=True)
)
_cut = Command(
    delete(organisation_ancestors).where(
        organisation_ancestors.c.organisation_id.in_(_subtree),
        organisation_ancestors.c.ancestor_id.in_(
            select(_above.c.ancestor_id).where(_above.c.organisation_id == _id, _above.c.ancestor_id != _id)
        ),
    )
)
_grafted = Command(
    insert(organisation_ancestors).from_select(
        ["organisation_id", "ancestor_id", "distance"],
        select(_below.c.organisation_id, _above.c.ancestor_id, _below.c.distance + _above.c.distance + 1).where(
            _below.c.ancestor_id == _id, _above.c.organisation_id == _parent_id
        ),
        include_defaults=False,
    )
)
_centred = Command(
    update(organisations)
    .where(organisations.c.id.in_(_subtree))
    .values(central_organisation_id=bindparam("p_central_id", type_=Uuid))
)
_drafts_centred = Command(
    update(trainings)
    .where(
        trainings.c.organisation_id.in_(_subtree),
        trainings.c.submitted_at.is_(None),
        trainings.c.central_organisation_id != bindparam("p_central_id", type_=Uuid),
    )
    .values(central_organisation_id=bindparam("p_central_id", type_=Uuid))
)


async def hold_trees_still(connection: Connection) -> None:
    """Let nobody move an organisation until the transaction ends. Others may be added meanwhile."""
    await _held_still.first(connection)


async def lock_trees(connection: Connection) -> None:
    """Let nobody else move or add an organisation in any tree of the study centre until the transaction ends.

    Of two moves that would together make a cycle, the second sees the first. Moves are rare: one lock will do.
    """
    await _held.first(connection)


async def lock_subtree(connection: Connection, organisation_id: UUID) -> None:
    """The organisation and all below it, in id order."""
    await _subtree_locked.run(connection, p_id=organisation_id)


async def add_to_tree(connection: Connection, organisation_id: UUID, parent_id: UUID | None) -> None:
    await _added.run(connection, p_id=organisation_id, p_parent_id=parent_id)


async def move_in_tree(connection: Connection, organisation_id: UUID, parent_id: UUID) -> None:
    """With all that is below it."""
    await _cut.run(connection, p_id=organisation_id)
    await _grafted.run(connection, p_id=organisation_id, p_parent_id=parent_id)


async def give_to_centre(connection: Connection, organisation_id: UUID, central_organisation_id: UUID) -> None:
    """Let the organisation and all below it belong to that central organisation, with their drafts of training courses.
    What was submitted stays."""
    await _centred.run(connection, p_id=organisation_id, p_central_id=central_organisation_id)
    await _drafts_centred.run(connection, p_id=organisation_id, p_central_id=central_organisation_id)
