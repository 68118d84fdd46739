"""The study centre of the connection with its settings, as they are at the time of the request."""

from sqlalchemy import and_, case, or_, select

from app.db.people.people import study_centres
from app.db.sessions import Reader
from app.db.statements import NOW, Converted, Query, Selection, from_json
from app.domain.organisations.certificate_signatories import signatory_of
from app.domain.organisations.study_centre import CentreAddress, KoskiSource, StudyCentre

_ends = study_centres.c.decisions_by_two_until
_by_two = and_(study_centres.c.decisions_by_two, or_(_ends.is_(None), _ends > NOW))
is_by_two = select(_by_two).scalar_subquery()
"""Whether two people decide now, as a column of other facts. `NOW` has its value in the query."""
_shown = Selection(
    StudyCentre,
    study_centres,
    decisions_by_two=_by_two,
    decisions_by_two_until=case((_ends > NOW, _ends)),
    address=from_json(study_centres.c.address, CentreAddress),
    koski=from_json(study_centres.c.koski, KoskiSource),
    certificate_signatory=Converted(study_centres.c.certificate_signatory, signatory_of),
)
_one = select(*_shown.columns)
_found, _locked = Query(_one, _shown.build), Query(_one.with_for_update(key_share=True), _shown.build)


async def get_study_centre(session: Reader, *, locked: bool = False) -> StudyCentre:
    """A locked one is changed by nobody else."""
    found = await (_locked if locked else _found).first(session.connection, p_now=session.now)
    if found is None:
        raise RuntimeError("the connection has no study centre")
    return found
