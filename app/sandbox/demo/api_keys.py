"""Two API keys of the first main user's organisation, with their audit entries. Nobody has their secrets."""

from collections.abc import Sequence
from datetime import date, timedelta

from app.sandbox.demo.organisations import Central
from app.sandbox.demo.people import People
from app.sandbox.demo.rows import Demo, demo_id, office_hour


def add_api_keys(demo: Demo, centrals: Sequence[Central], people: People, this_year: int) -> None:
    central = centrals[0]
    made_at = office_hour(date(2023, 1, 9))
    main_user = people.main_users[central.id]
    names = ("Jäsenrekisteri", "Koulutuskalenteri")
    for number, (name, scopes) in enumerate(zip(names, (["hours:read", "hours:write"], ["hours:read"]), strict=True)):
        instant = made_at + timedelta(minutes=number)
        key_id = demo_id("API key", number, at=instant)
        demo.add(
            "api_keys",
            id=key_id,
            organisation_id=central.id,
            name=name,
            scopes=scopes,
            prefix=f"tp_demo{number:04}",
            made_by=main_user,
            made_at=instant,
            expires_at=office_hour(date(this_year + 1, 12, 31)),
        )
        demo.add(
            "audit_entries",
            id=demo_id("audit entry", "API key", number, at=instant),
            actor_id=main_user,
            action="api-key.made",
            subject_id=key_id,
            organisation_id=central.id,
            facts={"scopes": scopes},
            request_id="demo",
            made_at=instant,
        )
