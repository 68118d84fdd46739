"""An integration in Python: asks for hours, once however often it is sent, and copies what has changed."""

import json
import os
import sys
from datetime import datetime
from uuid import UUID

from tuntipankki import AuthenticatedClient
from tuntipankki.api.hour_returns import book_hour_return
from tuntipankki.api.supplementary_requests import (
    get_supplementary_hour_request,
    list_supplementary_hour_requests,
    submit_supplementary_hour_request,
)
from tuntipankki.models import HourReturnIn, ListSupplementaryHourRequestsStateItem, SupplementaryRequestIn

organisation_id = UUID(os.environ["ORGANISATION_ID"])
client = AuthenticatedClient(os.environ["ADDRESS"], os.environ["TOKEN"])
made = []
for key in ("one", "one", "two"):
    answer = submit_supplementary_hour_request.sync_detailed(
        client=client,
        idempotency_key=f"python-{key}",
        body=SupplementaryRequestIn(organisation_id=organisation_id, year=2023, hours=10, grounds="Kysyntä"),
    )
    if answer.status_code != 201:
        sys.exit(str(answer.parsed.to_dict()))
    made.append(str(answer.parsed.id))

copied, cursor = [], None
while True:
    more = {"cursor": cursor} if cursor else {}
    page = list_supplementary_hour_requests.sync(
        client=client,
        organisation_id=[organisation_id],
        state=[ListSupplementaryHourRequestsStateItem.SUBMITTED, ListSupplementaryHourRequestsStateItem.APPROVED],
        changed_since=datetime.fromisoformat(os.environ["SINCE"]),
        limit=1,
        **more,
    )
    copied += [str(item.id) for item in page.items]
    if (cursor := page.next_cursor) is None:
        break

first = get_supplementary_hour_request.sync_detailed(made[0], client=client)
again = get_supplementary_hour_request.sync_detailed(made[0], client=client, if_none_match=first.headers["ETag"])
refused = book_hour_return.sync(
    client=client,
    idempotency_key="python-return",
    body=HourReturnIn(organisation_id=organisation_id, year=2023, hours=1_000),
)
said = {"made": made, "copied": copied, "again": again.status_code, "refused": refused.to_dict()}
sys.stdout.write(json.dumps(said))
