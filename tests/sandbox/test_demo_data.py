"""The demo data in the database."""

from tests.sandbox import Sandbox

YEARS = (2022, 2023, 2024)


def test_the_ledger_is_right(sandbox: Sandbox) -> None:
    for view in ("years_astray", "balances_astray", "pools_astray", "accounts_overdrawn"):
        assert sandbox.rows(f"SELECT * FROM ledger_{view}") == [], view


def test_positions_are_in_the_order_of_time(sandbox: Sandbox) -> None:
    sandbox.reset()  # Other tests post with the clock set back.
    disordered = "SELECT FROM (SELECT made_at, lag(made_at) OVER (ORDER BY position) AS before FROM hour_transfers) t"
    assert sandbox.rows(f"{disordered} WHERE before > made_at AND extract(year FROM made_at) < 2026") == []


def test_the_balances_are_varied(sandbox: Sandbox) -> None:
    pools = sandbox.rows(
        "SELECT year, -state, pool, returned, closed_at FROM hour_pools WHERE hour_type = 'training' ORDER BY year"
    )
    assert {pool[0] for pool in pools} > set(YEARS)
    assert {pool[1] for pool in pools if pool[0] in YEARS} == {45_483}
    assert [pool[0] for pool in pools if pool[4]] == [2022]
    assert all(pool[2] > 1_000 for pool in pools if pool[0] in YEARS)
    used = dict(sandbox.rows("SELECT year, sum(used) FROM hour_balances WHERE year <= 2024 GROUP BY year"))
    assert all(used[year] > 20_000 for year in YEARS)
    assert sandbox.rows("SELECT sum(lapsed) > 1000 FROM hour_balances WHERE year = 2022") == [(True,)]
    assert sandbox.rows("SELECT count(*) FROM hour_balances WHERE year = 2023 AND reserved > 0") == [(0,)]
    kinds = {row[0] for row in sandbox.rows("SELECT DISTINCT kind FROM hour_transfers")}
    assert kinds >= {"pool", "grant", "supplementary_grant", "distribution", "return", "reservation", "release"}
    assert kinds >= {"use", "lapse", "correction"}


def test_every_open_year_has_quotas_of_peer_groups(sandbox: Sandbox) -> None:
    pools = dict(sandbox.rows("SELECT year, -state - pool FROM hour_pools WHERE hour_type = 'peer_group'"))
    assert pools == dict(sandbox.rows("SELECT year, sum(hours) FROM peer_group_quotas GROUP BY year"))
    assert pools.keys() > {2023, 2024}
    assert 2022 not in pools
    [(organisation_id, hours)] = sandbox.rows(
        "SELECT organisation_id, hours FROM peer_group_quotas WHERE year = 2024 ORDER BY id LIMIT 1"
    )
    path = f"/v1/organisations/{organisation_id}/hour-accounts/2024"
    account = sandbox.person("staff@example.org").get(path, params={"hour_type": "peer_group"}).json()
    assert (account["granted"], account["available"]) == (hours, hours)


def test_a_main_user_sees_the_account_of_the_own_organisation(sandbox: Sandbox) -> None:
    main_user = sandbox.person("paakayttaja@example.org")
    organisation = main_user.get("/v1/me").json()["organisations"][0]
    assert organisation["name"] == "Villasukkaväen Keskusliitto ry"
    account = main_user.get(f"/v1/organisations/{organisation['id']}/hour-accounts/2023").json()
    units = sum(unit["available"] for unit in account["units"])
    assert account["granted"] == account["returned"] + account["lapsed"] + account["available"] + units + (
        account["reserved"] + account["used"]
    )
    assert account["units"]
    proposals = main_user.get("/v1/hour-proposals", params={"year": 2023}).json()["items"]
    assert {proposal["state"] for proposal in proposals} == {"decided"}
    for proposal in proposals:
        revisions = main_user.get(f"/v1/hour-proposals/{proposal['id']}/revisions")
        assert revisions.status_code == 200
        assert revisions.json()["items"]


def test_the_study_centre_has_its_five_regional_offices(sandbox: Sandbox) -> None:
    staff = sandbox.person("staff@example.org")
    offices = staff.get("/v1/regional-offices", params={"limit": 100}).json()["items"]
    assert sorted(office["name"] for office in offices) == ["Helsinki", "Joensuu", "Oulu", "Tampere", "Turku"]
