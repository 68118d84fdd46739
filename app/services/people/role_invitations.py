"""Invitations to a role: invite, withdraw, accept, get and list."""

import secrets
from dataclasses import replace
from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations import profiles
from app.db.organisations.organisations import find_names, get_place
from app.db.people.me import find_person
from app.db.people.registrations import lock_people
from app.db.people.role_grants import lock_person
from app.db.people.role_invitations import (
    count_open,
    count_sent,
    find_by_token,
    find_remaining,
    find_same_open,
    invitations,
    keep_roles_of,
    lock_by_token,
    lock_organisation,
    role_invitations,
)
from app.db.sessions import Reader, Writer
from app.db.statements import change_value, insert_value
from app.delivery.addresses import key_of
from app.delivery.tokens import RANDOM_BYTES, TokenMailing, digest_of
from app.domain.access import Actor, check_person, check_still_registered
from app.domain.errors import NotFound
from app.domain.organisations.names import name_in
from app.domain.organisations.organisations import Language
from app.domain.people import role_invitations as rules
from app.domain.people.daily_limits import INVITATIONS, INVITATIONS_TO_ADDRESS, check_within_limit, day_around
from app.domain.people.role_grants import GrantedRole
from app.domain.people.role_invitations import InvitedRole, RoleInvitation
from app.domain.people.roles import check_role_fits
from app.services.delivery.token_mails import mail_token
from app.services.people.roles import grant_role

PAGE = "role-invitations"


async def invite(
    writer: Writer, tokens: TokenMailing, *, organisation_id: UUID, role: InvitedRole, email: str, reason: str | None
) -> RoleInvitation:
    """Mail an invitation to the address. Whether a person has registered with it makes no difference."""
    check_person(writer.actor)
    organisation, place = await profiles.get(writer, organisation_id, pointer="/organisation_id")
    rules.check_may_invite(writer.actor, place)
    check_role_fits(role, organisation.kind)
    email_key = key_of(email)
    # The queries after it read what has been committed when the lock is granted.
    await lock_organisation(writer.connection, organisation_id)
    rules.check_none_open(await find_same_open(writer, organisation_id, role, email_key))
    rules.check_few_open(await count_open(writer, organisation_id))
    inviter = await find_person(writer.connection, writer.actor.person_id)
    invitation = RoleInvitation(
        id=new_id(),
        organisation_id=organisation_id,
        organisation_name=organisation.name,
        role=role,
        email=email,
        reason=reason,
        state="open",
        invited_by=writer.actor.person_id,
        invited_by_name=writer.actor.name,
        invited_at=writer.now,
        expires_at=writer.now + rules.VALID_FOR,
        accepted_by=None,
        accepted_by_name=None,
        accepted_at=None,
        role_grant_id=None,
        withdrawn_by=None,
        withdrawn_by_name=None,
        withdrawn_at=None,
    )
    # Each of several requests waits for the one before, and counts what it sent. The address is locked after the
    # person, as by a link that verifies it.
    check_still_registered(await lock_person(writer.connection, writer.actor.person_id))
    digest = await mail_token(
        writer,
        tokens,
        event="role-invitation.made",
        cause_id=invitation.id,
        page=PAGE,
        address=email,
        language=organisation.language,
        organisation_id=organisation_id,
        facts={
            "role": role,
            "organisation": name_in(organisation.language, organisation),
            "inviter": inviter and inviter.name,
            "expires_at": invitation.expires_at,
            "reason": reason,
        },
    )
    columns = {"email_key": email_key, "token_digest": digest or secrets.token_bytes(RANDOM_BYTES)}
    await insert_value(writer.connection, role_invitations, invitation, **columns)
    sent = await count_sent(writer.connection, writer.actor.person_id, email_key, *day_around(writer.now))
    check_within_limit(sent.in_all, INVITATIONS, writer.now)
    check_within_limit(sent.to_address, INVITATIONS_TO_ADDRESS, writer.now)
    _record(writer, "made", invitation, reason=reason)
    return invitation


async def withdraw_invitation(writer: Writer, invitation_id: UUID) -> RoleInvitation:
    invitation = await invitations.lock(writer, invitation_id)
    check_person(writer.actor)
    rules.check_may_invite(writer.actor, await get_place(writer.connection, invitation.organisation_id))
    rules.check_withdrawable(invitation)
    return await withdraw(writer, invitation)


async def withdraw(writer: Writer, invitation: RoleInvitation, *, reason: str | None = None) -> RoleInvitation:
    """Withdraw a locked invitation that is open or suspended; whether the caller may is checked before."""
    withdrawn = await change_value(
        writer.connection,
        role_invitations,
        invitation,
        state="withdrawn",
        withdrawn_by=writer.actor.person_id,
        withdrawn_by_name=writer.actor.name,
        withdrawn_at=writer.now,
    )
    _record(writer, "withdrawn", withdrawn, reason=reason)
    return withdrawn


async def accept_invitation(writer: Writer, *, token: str) -> GrantedRole:
    """Grant the role to the caller, who has the token, as if the inviter granted it now."""
    check_person(writer.actor)
    invitation = await lock_by_token(writer, digest_of(token))
    if invitation is None:
        raise NotFound(pointer="/token")
    rules.check_open(invitation)
    inviter_id = await find_remaining(writer.connection, invitation.invited_by)
    # People in the order of their ids, then roles, as in a merger. An end of the inviter's role waits for this
    # transaction, or this one sees that the role has ended.
    await lock_people(writer.connection, [inviter_id, writer.actor.person_id])
    inviter = Actor.at(inviter_id, await keep_roles_of(writer.connection, inviter_id), writer.now)
    rules.check_may_accept(writer.actor, inviter, await get_place(writer.connection, invitation.organisation_id))
    grant = await grant_role(
        writer,
        person_id=writer.actor.person_id,
        role=invitation.role,
        organisation_id=invitation.organisation_id,
        reason=invitation.reason,
        granted_by=inviter_id,
    )
    accepted = await change_value(
        writer.connection,
        role_invitations,
        invitation,
        state="accepted",
        accepted_by=writer.actor.person_id,
        accepted_by_name=writer.actor.name,
        accepted_at=writer.now,
        role_grant_id=grant.id,
    )
    _record(writer, "accepted", accepted, person_id=str(inviter_id), role_grant_id=str(grant.id))
    return grant


async def find_invitation(reader: Reader, token: str, language: Language) -> RoleInvitation:
    """The invitation of the token, for its page in that language. Raise NotFound, WrongState."""
    invitation = await find_by_token(reader, digest_of(token))
    if invitation is None:
        raise NotFound(pointer="/token")
    rules.check_open(invitation)
    names = await find_names(reader.connection, [invitation.organisation_id], language)
    return replace(invitation, organisation_name=names[invitation.organisation_id])


get_invitation = invitations.get
list_invitations = invitations.page


def _record(
    writer: Writer, verb: str, invitation: RoleInvitation, *, reason: str | None = None, **facts: object
) -> None:
    writer.record(
        f"role-invitation.{verb}",
        invitation.id,
        organisation_id=invitation.organisation_id,
        reason=reason,
        role=invitation.role,
        state=invitation.state,
        **facts,
    )
