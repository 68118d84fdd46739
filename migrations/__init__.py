"""The database's revisions, and what new ones are written with."""
