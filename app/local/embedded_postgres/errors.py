"""What the launcher refuses with."""


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot run; the message tells what to do."""
