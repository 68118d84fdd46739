"""Signatures that certificates of coming courses lack: that of a central organisation, and the study centre's."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Text, Uuid, and_, bindparam, case, cast, literal, null, or_, select, union_all

from app.db.organisations.images import organisation_images, study_centre_signature_images
from app.db.organisations.organisations import organisations
from app.db.people.people import study_centres
from app.db.statements import NOW, Connection, Query, Selection
from app.db.trainings.tables import trainings
from app.domain.calendar.deadlines import day_of
from app.domain.calendar.due_reminders import SignatureNeeded

_central, _coming = organisations.alias("central"), trainings.alias("coming")
_signatory = (
    select(_central.c.certificate_signatory)
    .where(_central.c.id == trainings.c.central_organisation_id)
    .scalar_subquery()
)
_has_image = (
    select(organisation_images.c.organisation_id)
    .where(
        organisation_images.c.organisation_id == trainings.c.central_organisation_id,
        organisation_images.c.purpose == "signature_image",
    )
    .correlate(trainings)
    .exists()
)
_centre_signatory = select(study_centres.c.certificate_signatory).scalar_subquery()
_centre_has_image = select(study_centre_signature_images.c.changed_at).exists()


def _gives_certificates(table: Any) -> Any:
    """Whether participants of the course will complete a training model, and it has not ended."""
    return and_(table.c.state == "approved", table.c.model_version_id.is_not(None), table.c.ends_at > NOW)


def _is_first(*conditions: Any) -> Any:
    """Whether it ends first of those courses: the signature is needed for all of them."""
    sooner = or_(
        _coming.c.ends_at < trainings.c.ends_at,
        and_(_coming.c.ends_at == trainings.c.ends_at, _coming.c.id < trainings.c.id),
    )
    first = ~select(_coming.c.id).where(_gives_certificates(_coming), sooner, *conditions).correlate(trainings).exists()
    return and_(_gives_certificates(trainings), first)


LACKS_OF_ORGANISATION: Any = and_(
    or_(_signatory.is_(None), ~_has_image),
    _is_first(_coming.c.central_organisation_id == trainings.c.central_organisation_id),
)
"""Whether the course is the first whose certificates lack the signature of the central organisation."""
MISSING_OF_ORGANISATION: Any = case((_signatory.is_(None), "signatory"), else_="signature_image")
"""What of it is missing."""
LACKS_OF_CENTRE: Any = and_(or_(_centre_signatory.is_(None), ~_centre_has_image), _is_first())
"""Whether the course is the first whose certificates lack the signature of the study centre."""
MISSING_OF_CENTRE: Any = case((_centre_signatory.is_(None), "signatory"), else_="signature_image")


def _needed(event: str, is_lacking: Any, missing: Any, *, subject: Any, organisation: Any) -> Any:
    columns = Selection(
        SignatureNeeded,
        event=literal(event),
        subject_id=subject,
        organisation_id=cast(organisation, Uuid),
        training_id=trainings.c.id,
        needed_by=trainings.c.ends_on,
        missing=cast(missing, Text),
    ).columns
    return select(*columns).where(is_lacking, trainings.c.ends_on <= bindparam("p_until", type_=Date))


_all = union_all(
    _needed(
        "organisation-signature.missing",
        LACKS_OF_ORGANISATION,
        MISSING_OF_ORGANISATION,
        subject=trainings.c.central_organisation_id,
        organisation=trainings.c.central_organisation_id,
    ),
    _needed(
        "study-centre-signature.missing",
        LACKS_OF_CENTRE,
        MISSING_OF_CENTRE,
        subject=trainings.c.study_centre_id,
        organisation=null(),
    ),
).subquery("needed")
_found = Query(select(_all).order_by(_all.c.event, _all.c.subject_id), SignatureNeeded)


async def list_needed_signatures(connection: Connection, until: date, now: datetime) -> list[SignatureNeeded]:
    """The signatures that are missing for courses that end by that day."""
    return await _found.all(connection, p_until=until, p_now=now, p_today=day_of(now))
