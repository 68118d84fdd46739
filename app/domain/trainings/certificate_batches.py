"""Orders of the certificates of all who have passed a course, in one file (rulebook §3.19)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from app.domain.errors import WrongState
from app.domain.organisations.organisations import Language
from app.domain.trainings.trainings import TrainingState
from app.domain.values import Shown

BatchState = Literal["waiting", "ready", "failed"]

BATCH_KEPT = timedelta(days=7)


@dataclass(frozen=True)
class CertificateBatch(Shown):
    """Certificates of all passed completions of a course, in one file."""

    id: UUID
    training_id: UUID
    """ID of the training course."""
    language: Language
    """Language of the certificates."""
    state: BatchState
    """State: `waiting` until all certificates are made."""
    certificates: int
    """Number of certificates in the file, or made so far."""
    requested_by: UUID
    """ID of the person who requested the certificates."""
    requested_by_name: str | None
    requested_at: datetime
    """When the certificates were requested."""
    finished_at: datetime | None
    """When all were made, or the service gave up. `null` if they are waiting."""
    available_until: datetime | None
    """Time until which the file can be read. `null` if there is no file."""
    failure: str | None
    """Code of the error that prevents the certificates. `null` if there is none."""


@dataclass(frozen=True)
class CertifiedModel:
    """The training model of a course."""

    organisation_id: UUID
    texts: Mapping[str, Mapping[str, Any]]
    """Of the version, by language."""


def check_with_model(model: CertifiedModel | None, state: TrainingState) -> CertifiedModel:
    """Return the model. A course without one has no completions (rulebook §3.19). Raise WrongState."""
    if model is None:
        raise WrongState(state=state, because="no-model")
    return model


def check_file_ready(batch: CertificateBatch) -> None:
    """Check that the certificates are made (rulebook §3.19). Raise WrongState."""
    if batch.state != "ready":
        raise WrongState(state=batch.state, allowed=["ready"])
