"""The tables of Koski: wordings of the consent, consents, exports and what each has."""

from sqlalchemy import ARRAY, Column, DateTime, Integer, LargeBinary, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from app.db.statements import changed_at, study_centre_table

koski_consent_wordings = study_centre_table(
    "koski_consent_wordings",
    Column("version", Integer, primary_key=True),
    Column("texts", JSONB, nullable=False),
    Column("made_by", Uuid, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)
koski_consents = study_centre_table(
    "koski_consents",
    Column("training_id", Uuid, nullable=False),
    Column("participant_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("wording_version", Integer, nullable=False),
    Column("first_names", Text),
    Column("calling_name", Text),
    Column("surname", Text),
    Column("identity_kind", Text, nullable=False),
    Column("identity", LargeBinary),
    Column("given_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn_at", DateTime(timezone=True)),
    changed_at(),
)
koski_exports = study_centre_table(
    "koski_exports",
    Column("training_ids", ARRAY(Uuid), nullable=False),
    Column("state", Text, nullable=False),
    Column("issuer", JSONB, nullable=False),
    Column("left_out", JSONB, nullable=False),
    Column("prepared_by", Uuid, nullable=False),
    Column("prepared_at", DateTime(timezone=True), nullable=False),
    Column("file_read_at", DateTime(timezone=True)),
    Column("concluded_at", DateTime(timezone=True)),
    changed_at(),
)
koski_export_items = study_centre_table(
    "koski_export_items",
    Column("export_id", Uuid, primary_key=True),
    Column("source_id", Uuid, primary_key=True),
    Column("completion_id", Uuid, nullable=False),
    Column("consent_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("action", Text, nullable=False),
    Column("outcome", Text),
    Column("study_right_oid", Text),
    Column("learner_oid", Text),
    Column("version", Integer),
    Column("error", Text),
    Column("received_by", Uuid),
    Column("received_at", DateTime(timezone=True)),
)
