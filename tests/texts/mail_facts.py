"""The facts that an event of the outbox has for its mail, each with an example."""

from app.domain.delivery.mailed_events import MAILED_EVENTS

PERSON = "0186e3c2-8a00-7000-8000-000000000001"
OTHER_PERSON = "0186e3c2-8a00-7000-8000-000000000002"
_WINDOW = {"kind": "proposal_round", "hours_year": 2024, "opens_on": "2023-10-02", "closes_on": "2023-10-31"}
_CONCERNED: dict[str, object] = {"person": "Eino Eerola"}
_SIGNATORY: dict[str, object] = {"signatory": "Liisa Lahti"}
_APPLICATION: dict[str, object] = {"reference": "2023-0031"}
_IN_CASE: dict[str, object] = {"reference": "2023-0017", "case_type": "hour-proposals", "year": 2024}
_PLAN: dict[str, object] = {
    "training": "Järjestön talous",
    "course": "Järjestön talous",
    "peer_group": "Lukupiiri",
    "reference": "2023-0051",
    "year": 2023,
    "hours": 6,
}
MAIL_FACTS: dict[str, dict[str, object]] = {event: {} for event in MAILED_EVENTS} | {
    "deadline.opening": _WINDOW,
    "deadline.closing-soon": _WINDOW | {"kind": "change_window"},
    "deadline.closed": _WINDOW | {"kind": "cost_statement"},
    "hour-decision.made": {
        "reference": "2023-0123",
        "year": 2024,
        "hours": 1200,
        "asked": 1500,
        "outcome": "partially_approved",
        "letter": "paatos-2023-0123.pdf",
    },
    "peer-group-quota.made": {"reference": "2023-0124", "year": 2024, "hours": 120},
    "supplementary-hour-request.decided": {
        "reference": "2023-0042",
        "year": 2023,
        "hours": 40,
        "asked": 60,
        "state": "partially_approved",
    },
    "hour-proposal.sent-back": {"reference": "2023-0017", "answer_by": "2023-11-15", "year": 2024, "hours": 1500},
    "hour-proposal.expired": {"reference": "2023-0017", "because": "decided", "year": 2024},
    "supplementary-hour-request.expired": {"reference": "2023-0042", "because": "year_closed", "year": 2023},
    "allotment-request.submitted": {"reference": "2023-0044", "year": 2023, "asked": 60},
    "allotment-request.decided": {
        "reference": "2023-0044",
        "year": 2023,
        "hours": -40,
        "asked": -60,
        "state": "partially_approved",
    },
    "allotment-request.expired": {"reference": "2023-0044", "because": "moved", "year": 2023},
    "case-comment.sent-to-staff": _IN_CASE,
    "case-comment.sent-to-main-users": _IN_CASE,
    "case-comment.sent-to-managers": _IN_CASE,
    "case-comment.sent-to-applicant": {"reference": "2023-0017"},
    "case-comment.sent-to-applicant:signatory": {"reference": "2023-0017"},
    "case-attachment.sent-to-staff": _IN_CASE,
    "case-attachment.sent-to-main-users": _IN_CASE,
    "case-attachment.sent-to-managers": _IN_CASE,
    "case-attachment.sent-to-applicant": {"reference": "2023-0017"},
    "case-attachment.sent-to-applicant:signatory": {"reference": "2023-0017"},
    "training.submitted": _PLAN | {"to": "staff", "approved": False},
    "training.submitted:main_users": _PLAN | {"to": "main_user", "approved": False},
    "training.endorsed": _PLAN | {"approved": False},
    "training.sent-back": _PLAN | {"by": "main_user", "answer_by": "2023-03-29"},
    "training.approved": _PLAN,
    "training.rejected": _PLAN | {"by": "staff"},
    "training.cancelled": _PLAN | {"by": "staff", "freed": 6},
    "training.lapsed": _PLAN | {"because": "no_statement", "freed": 6},
    "training-change.submitted": _PLAN,
    "training-change.approved": _PLAN,
    "training-change.rejected": _PLAN,
    "cost-statement.due": _PLAN
    | {"ended_on": "2023-04-15", "due_on": "2023-05-13", "last_on": "2024-01-18", "training_id": OTHER_PERSON},
    "cost-statement.submitted": _PLAN,
    "cost-statement.sent-back": _PLAN | {"answer_by": "2023-05-29"},
    "cost-statement.approved": _PLAN | {"support_cents": 21_050},
    "cost-statement.rejected": _PLAN | {"freed": 6},
    "cost-statement.reversed": _PLAN | {"support_cents": 21_050},
    "hour-account.running-out": {"year": 2023, "percent": 80, "available": 240},
    "organisation.main-users-few": {"main_users": 1, "since": "2023-03-15T00:00:00+02:00"},
    "bank-account-change.proposed": _CONCERNED,
    "bank-account-change.approved": _CONCERNED | {"payments_held_until": "2023-03-20T12:00:00+02:00"},
    "bank-account-change.rejected": _CONCERNED,
    "bank-account-change.withdrawn": _CONCERNED,
    "payment-account-change.proposed": _CONCERNED,
    "payment-account-change.approved": _CONCERNED | {"payments_held_until": "2023-03-20T12:00:00+02:00"},
    "payment-account-change.rejected": _CONCERNED,
    "payment-account-change.withdrawn": _CONCERNED,
    "api-key.revoked": {"key": "Jäsenrekisteri"},
    "study-centre.decisions-by-two-ending": _CONCERNED | {"person_id": PERSON, "last_day": "2023-03-16"},
    "person.merged": _CONCERNED | {"person_id": PERSON, "merged_person_id": OTHER_PERSON},
    "role-application.made": _CONCERNED | {"role": "training_manager"},
    "role-application.made:person": {"role": "training_manager"},
    "role-application.withdrawn": _CONCERNED | {"role": "training_manager"},
    "role-application.withdrawn:person": {"role": "training_manager"},
    "role-application.decided": {
        "role": "training_manager",
        "state": "granted",
        "valid_from": "2023-03-15T00:00:00+02:00",
        "last_day": "2023-12-31",
    },
    "role-invitation.accepted": {"role": "training_manager"},
    "role-grant.given": {"role": "main_user", "valid_from": "2023-03-15T00:00:00+02:00", "last_day": "2023-12-31"},
    "role-grant.ended": {"role": "main_user", "last_day": "2023-12-31", "ended_at": "2023-03-15T12:00:00+02:00"},
    "signatory.ended": _SIGNATORY,
    "signatory.ended:applicants": _SIGNATORY,
    "main-user-application.submitted": _APPLICATION | _CONCERNED | {"sign_by": "2023-05-14"},
    "main-user-application.received": _APPLICATION | _CONCERNED | _SIGNATORY,
    "main-user-application.received:person": _APPLICATION,
    "main-user-application.withdrawn": _APPLICATION | _CONCERNED,
    "main-user-application.withdrawn:person": _APPLICATION,
    "main-user-application.withdrawn:signatory": _APPLICATION | _CONCERNED,
    "main-user-application.approved": _APPLICATION | {"valid_from": "2023-03-15T00:00:00+02:00"},
    "main-user-application.rejected": _APPLICATION,
    "main-user-application.expired": _APPLICATION,
}
"""By the event's name."""
MAIL_FACTS |= {
    event: MAIL_FACTS[mailed.worded_as] for event, mailed in MAILED_EVENTS.items() if mailed.worded_as is not None
}
