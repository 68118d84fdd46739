"""The front page of a sandbox."""

from tests.sandbox import Sandbox


def test_the_front_page_shows_demo_people_and_the_clock(sandbox: Sandbox) -> None:
    sandbox.client.put("/v1/sandbox/clock", json={"now": "2023-03-13T12:00:00+02:00"})
    page = sandbox.client.get("/", params={"lang": "en"}).text
    assert "13 March 2023 at 12:00" in page
    assert "<td>paakayttaja@example.org</td><td>Kaisa Kuusiranta</td><td>Main user: " in page
    for address in ("staff@example.org", "paakayttaja@example.org", "kouluttaja@example.org"):
        assert f"<td>{address}</td>" in page
    for path in ("people", "clock", "mailbox"):
        assert f'href="/v1/sandbox/{path}"' in page
        assert sandbox.client.get(f"/v1/sandbox/{path}").status_code == 200
    sandbox.client.delete("/v1/sandbox/clock")
