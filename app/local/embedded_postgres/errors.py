"""The launcher's error."""


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL cannot run. The message says what to do."""
