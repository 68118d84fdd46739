"""`/v1/koski-consents` and `/v1/koski-consent-wordings`."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import AfterValidator, Field, Strict, StringConstraints
from pydantic_core import PydanticCustomError
from stdnum.exceptions import InvalidChecksum
from stdnum.exceptions import ValidationError as NotValid
from stdnum.fi import hetu

from app.api.conventions import InSandbox, NoBody, PlainWrite, Read, ServiceKeys, Write, WriteOnce
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.rendering import Created
from app.api.responses import refusing
from app.api.security import Ids, ReadAgain, operation
from app.api.shapes import IN_DIGITS, UNSAID, WHOLE, Body, InSchema, Line, Several, Text
from app.db.paging import Slice
from app.db.sessions import Writer
from app.domain.errors import Fault, Invalid
from app.domain.trainings.koski_consents import ConsentState, IdentityKind, KoskiConsent, KoskiConsentWording
from app.domain.values import Localised
from app.services.trainings import koski_consents
from app.services.trainings.koski_consents import GivenConsent

TAGS = [
    Tag(
        "Koski",
        "Completions of training courses in Koski, the national register: learners’ consents, and files for the study "
        "centre to send. Identity codes are stored encrypted, for a limited time, and only the file shows them.",
    )
]
consents_router = APIRouter(prefix="/koski-consents", route_class=Operation, tags=[*TAGS])
wordings_router = APIRouter(prefix="/koski-consent-wordings", route_class=Operation, tags=[*TAGS])

MOST_VERSIONS = 10_000
IDENTITY_CODE = "[0-9]{6}[-+A-Fa-fU-Yu-y][0-9]{3}[0-9A-Ya-y]"


def _identity_code(text: str) -> str:
    """In capitals. Codes of people without one of their own have the same form: the rules refuse those."""
    if not re.fullmatch(IDENTITY_CODE, text, re.ASCII):
        raise PydanticCustomError("identity-code-format", "Not of the form of a personal identity code")
    try:
        return str(hetu.validate(text, allow_temporary=True))
    except InvalidChecksum:
        raise PydanticCustomError("identity-code-checksum", "The check character does not match") from None
    except NotValid:
        raise PydanticCustomError("identity-code-format", "Not of the form of a personal identity code") from None


IdentityCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=20),
    AfterValidator(_identity_code),
    InSchema(pattern=f"^{IDENTITY_CODE}$"),
]
LearnerNumber = Annotated[str, StringConstraints(pattern=r"^1\.2\.246\.562\.24\.[0-9]{11}$")]
Version = Annotated[int, Strict(), Field(ge=1, le=MOST_VERSIONS), WHOLE]
VersionPath = Annotated[int, Path(ge=1, le=MOST_VERSIONS), IN_DIGITS]


class KoskiConsentWordingIn(Body):
    fi: Text
    """Wording in Finnish."""
    sv: Text
    """Wording in Swedish."""
    en: Text
    """Wording in English."""


class KoskiConsentIn(Body):
    participant_id: UUID
    """ID of the participant, whom you have claimed to be."""
    wording_version: Version
    """Version of the wording, which is the newest."""
    first_names: Line
    """All first names, as in the population register."""
    calling_name: Line
    """Calling name, one of the first names."""
    surname: Line
    """Surname."""
    personal_identity_code: IdentityCode = UNSAID
    """Personal identity code (henkilötunnus). Required without `learner_number`."""
    learner_number: LearnerNumber = UNSAID
    """Learner number (oppijanumero) in place of the personal identity code."""

    def said(self) -> tuple[GivenConsent, str]:
        """What is shown again, and what is not. Raise Invalid for both a code and a number, and for neither."""
        given = self.model_fields_set
        if {"personal_identity_code", "learner_number"} <= given:
            raise Invalid(Fault("/learner_number", "extra-forbidden"))
        kind: IdentityKind = "learner_number" if "learner_number" in given else "personal_identity_code"
        if kind not in given:
            raise Invalid(Fault("/personal_identity_code", "missing"))
        consent = GivenConsent(
            participant_id=self.participant_id,
            wording_version=self.wording_version,
            first_names=self.first_names,
            calling_name=self.calling_name,
            surname=self.surname,
            identity_kind=kind,
        )
        return consent, getattr(self, kind)


def _id_of(consent: KoskiConsent) -> Ids:
    return consent.id


async def _read(writer: Writer, consent_id: Ids) -> KoskiConsent:
    if not isinstance(consent_id, UUID):
        raise TypeError("a response shows one consent")
    return await koski_consents.read_again(writer, consent_id)


READ_AGAIN = ReadAgain(_id_of, _read)
"""The consent as it is by then."""


@wordings_router.get("", response_model=Page[KoskiConsentWording])
@operation(people_only=True)
async def list_koski_consent_wordings(reader: Read, page: Paging) -> Slice[KoskiConsentWording]:
    """List the wordings of the consent.

    The newest version comes first. It is the one that learners agree to.

    **Who:** everyone who has registered.
    """
    return await koski_consents.list_wordings(reader, page)


@wordings_router.get("/{version}", responses=refusing("not-found"))
@operation(people_only=True)
async def get_koski_consent_wording(reader: Read, version: VersionPath) -> KoskiConsentWording:
    """Get a wording of the consent.

    A version never changes.

    **Who:** everyone who has registered.
    """
    return await koski_consents.get_wording(reader, version)


@wordings_router.post("", status_code=201, response_model=KoskiConsentWording)
@operation(people_only=True)
async def create_koski_consent_wording(writer: Write, body: KoskiConsentWordingIn) -> Created:
    """Create a wording of the consent.

    It is the next version, which learners agree to from now on. Consents already given remain as they are.

    **Who:** staff named to see participants.
    """
    wording = await koski_consents.write_wording(writer, Localised(body.fi, body.sv, body.en))
    return Created(wording, location=f"/v1/koski-consent-wordings/{wording.version}")


@consents_router.post(
    "",
    status_code=201,
    responses=refusing(
        "not-found", "not-configured", "wrong-state", "consent-closed", "not-for-koski", "already-exists"
    ),
)
@operation(people_only=True, strong_sign_in=True, personal_data=True, secret_body=True, read_again=READ_AGAIN)
async def create_koski_consent(
    writer: WriteOnce, keys: ServiceKeys, in_sandbox: InSandbox, body: KoskiConsentIn
) -> KoskiConsent:
    """Create a consent to report your completion to Koski.

    Possible from the claim until 24:00 in Finland on the last day of the course. The identity code or learner number is
    stored encrypted, and nothing shows it again but the file for Koski. It is deleted when the consent is withdrawn, 90
    days after Koski accepted the completion, or a year after the course at the latest. In a sandbox, codes whose
    individual number is 900–999 are accepted too, which are nobody's.

    **Who:** the learner, with strong authentication, when of age.
    """
    given, identity = body.said()
    return await koski_consents.give_consent(
        writer, keys.for_identities, given, identity=identity, accepts_temporary=in_sandbox
    )


@consents_router.get("", response_model=Page[KoskiConsent])
@operation(people_only=True, personal_data=True)
async def list_koski_consents(
    writer: PlainWrite,
    page: Paging,
    training_id: Several[UUID] = None,
    participant_id: Several[UUID] = None,
    state: Several[ConsentState] = None,
) -> Slice[KoskiConsent]:
    """List consents.

    Returns your own, or all of them for the staff named to see participants. Each reading by staff is recorded in the
    audit. The newest come first.

    **Who:** everyone who has registered.
    """
    return await koski_consents.list_consents(
        writer, page, training_id=training_id, participant_id=participant_id, state=state
    )


@consents_router.get("/{consent_id}", responses=refusing("forbidden"))
@operation(people_only=True, personal_data=True)
async def get_koski_consent(writer: PlainWrite, consent_id: UUID) -> KoskiConsent:
    """Get a consent.

    Includes the wording and what Koski has of the completion. Each reading by staff is recorded in the audit.

    **Who:** the learner, staff named to see participants.
    """
    return await koski_consents.get_consent(writer, consent_id)


@consents_router.post("/{consent_id}/withdrawal", responses=refusing("wrong-state"))
@operation(people_only=True, personal_data=True, read_again=READ_AGAIN)
async def withdraw_koski_consent(writer: Write, consent_id: UUID, _: NoBody = None) -> KoskiConsent:
    """Withdraw a consent.

    Possible at any time. The identity code or learner number is deleted immediately. If the completion has been
    exported, staff get a task, and the next export of the course cancels the entry in Koski.

    **Who:** the learner.
    """
    return await koski_consents.withdraw_consent(writer, consent_id)
