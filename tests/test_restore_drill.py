"""The short form of `make restore-drill`: a database that is lost under load is restored from backup and archive."""

import pytest

from tests.restore_drill import drill, folder_for_all


@pytest.mark.long
def test_a_lost_database_is_restored_as_late_as_possible_and_to_a_noted_time() -> None:
    with folder_for_all() as folder:
        outcome = drill(folder, archive_timeout=1, before=0.5, after=None, durable=False)
    outcome.check(outcome.lost_at - outcome.noted_at)
