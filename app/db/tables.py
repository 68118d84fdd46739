"""Every table in one metadata, for the migrations' environment and for tests: a table registers itself by being defined
in a module of `app.db`, all of which are imported here.
"""

from importlib import import_module
from pkgutil import walk_packages

from app import db
from app.db.statements import metadata

__all__ = ["metadata"]

READERS = {"app.db.people.erasures", "app.db.people.personal_data"}
"""Modules that read all tables from here, and define none."""

for module in walk_packages(db.__path__, "app.db."):
    if module.name not in READERS:
        import_module(module.name)
