"""The directory: all organisations, with what every caller may see of them."""

from sqlalchemy import select

from app.db.organisations.organisations import organisation_ancestors, organisations
from app.db.organisations.profiles import has_words
from app.db.paging import Listing, filters_of
from app.db.statements import TODAY, columns_of
from app.domain.organisations.directory import DirectoryEntry

_above, _parent = organisations.alias("above"), organisations.alias("parent")
_ended = (
    select(_above.c.id)
    .join(organisation_ancestors, organisation_ancestors.c.ancestor_id == _above.c.id)
    .where(
        organisation_ancestors.c.organisation_id == organisations.c.id,
        _above.c.active_until < TODAY,
    )
    .correlate(organisations)
    .exists()
)
# Without organisations that have ended, or are below one that has.
directory_listing = Listing(
    select(*columns_of(DirectoryEntry, organisations, parent_name=_parent.c.name))
    .outerjoin(_parent, _parent.c.id == organisations.c.parent_id)
    .where(~_ended),
    DirectoryEntry,
    key=[organisations.c.sort_key, organisations.c.id],
    newest_first=False,
    filters=filters_of(organisations, "kind") | {"words": has_words},
)
