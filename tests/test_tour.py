"""The READMEs' tour, pasted into bash as a reader would; and their table of settings."""

import re
import subprocess
from pathlib import Path

import pytest

from app.local.embedded_postgres import Addresses
from app.settings import Settings
from tests.sandbox import serving_sandbox

ROOT = Path(__file__).parents[1]
REFUSED_ON_PURPOSE = [
    "window-closed",
    "quota-exceeded",
    "not-registered",
    "last-main-user",
    "validation",
    "not-found",
]


def text_of(readme: str) -> str:
    return (ROOT / readme).read_text(encoding="utf-8")


def blocks_of(text: str) -> list[str]:
    return re.findall(r"^```bash\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def code_of(readme: str) -> str:
    return "\n".join(blocks_of(text_of(readme)))


def names_in(code: str) -> set[str]:
    """The functions and variables that the code defines."""
    return set(re.findall(r"(?:^|; )(\w+)(?:\(\)|=)", code, re.MULTILINE))


@pytest.mark.long
def test_the_tour_can_be_pasted(postgres_cluster: Addresses, tmp_path: Path) -> None:
    with serving_sandbox(postgres_cluster) as sandbox:
        ran = subprocess.run(
            ["bash", "-e", "-u", "-o", "pipefail"],
            input=code_of("README.md"),
            env={"API": sandbox.address, "PATH": "/usr/local/bin:/usr/bin:/bin"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        clock = sandbox.client.get("/v1/sandbox/clock").json()
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    assert re.findall(r'^    "code": "(.*?)",\n    "request_id"', ran.stdout, re.MULTILINE) == REFUSED_ON_PURPOSE
    assert "idempotency-replayed: true" in ran.stdout
    assert '"opens_on": "2023-08-14"' in ran.stdout
    states = re.findall(r'"state": "(submitted|decided|partially_approved|booked)"', ran.stdout)
    assert list(dict.fromkeys(states)) == ["submitted", "partially_approved", "booked"]
    # Hours that were granted and not returned have lapsed: 1450 + 90 - 200.
    assert re.findall(r'^    "lapsed": ([1-9].*),', ran.stdout, re.MULTILINE) == ["1340"]
    assert "Your application to become a main user of Villasukkaväen Keskusliitto ry has been approved." in ran.stdout
    # Lines of a calendar are folded at 75 bytes. This title is longer, and shown in full.
    assert "SUMMARY:Villasukkaväen Keskusliitto ry: confirm the organisation’s data for 2024" in ran.stdout
    assert re.search(r'"key": "tp_[\w-]+"', ran.stdout)
    assert not clock["standing"]
    saved = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert sorted(saved) == ["badge.png", "certificate.pdf", "hours.svg", "letter.pdf", "support.pdf"]
    assert all(content.startswith(b"%PDF") for name, content in saved.items() if name.endswith(".pdf"))
    assert b"openbadgecredential" in saved["badge.png"]
    # 6 hours of 35 euros; 55 % of the costs would be 214.50 euros.
    assert '"support_cents": 21000' in ran.stdout
    # One enrolled, and eight came from the spreadsheet; three men and one person of unknown gender are few.
    assert '"state": "enrolled"' in ran.stdout
    assert '{"added":8,"participants":9,' in ran.stdout
    [finances] = re.findall(r"^finances,.*", ran.stdout, re.MULTILINE)
    assert finances.startswith("finances,Talous ja varainhankinta,Ekonomi och medelanskaffning,")
    assert finances.endswith(" unknown")
    assert re.search(r'"hour_type": "peer_group",\n    "granted": 240,', ran.stdout)
    assert "Villasukkaväen Keskusliitto ry".encode() in saved["hours.svg"]
    assert "id,kind,hours,from.account," in ran.stdout
    assert '"name_matches": true' in ran.stdout
    assert '"action": "create"' in ran.stdout
    assert '"credits": 2,' in ran.stdout
    assert '"state": "acknowledged"' in ran.stdout
    assert '"revocation_reason": "Merkki myönnettiin erehdyksessä."' in ran.stdout


def test_the_finnish_tour_is_the_same_but_for_its_language() -> None:
    finnish = code_of("README.md").replace("Accept-Language: en", "Accept-Language: fi")
    finnish = finnish.replace("language=en", "language=fi")
    assert code_of("README.fi.md") == finnish.replace('"language": "en"', '"language": "fi"')


def test_the_third_tour_needs_only_the_tools_and_the_sign_in_of_the_first() -> None:
    text = text_of("README.md")
    _, first, _, third = re.split(r"^## .*tour of .*$", text, flags=re.MULTILINE)
    third_code = "\n".join(blocks_of(third))
    tools_and_sign_in = "\n".join(blocks_of(first)[:2])
    used = {
        name
        for name in names_in("\n".join(blocks_of(text)))
        if re.search(rf"\b{name}\b ['\"]?[/$]|\$\{{?{name}\b", third_code)
    }
    assert {"public", "CENTRE", "main_user"} <= used <= names_in(tools_and_sign_in) | names_in(third_code)
    assert "**The tools of the tour** and **Sign in**" in third


@pytest.mark.parametrize(
    ("given", "expected"),
    [("/problems/busy", "http://x:1/problems/busy"), ("https://y/v1/a.ics", "https://y/v1/a.ics")],
)
def test_the_tour_finds_an_address_with_and_without_a_public_url(given: str, expected: str) -> None:
    tools = [line for line in code_of("README.md").splitlines() if line.startswith(("its()", "url()"))]
    script = "\n".join(["API=http://x:1", f'ANSWER=\'{{"it": "{given}"}}\'', *tools, """url '["it"]'"""])
    assert subprocess.run(["bash", "-e"], input=script, capture_output=True, text=True).stdout.strip() == expected


def test_every_request_of_the_english_tour_asks_for_english() -> None:
    assert re.findall(r"\bcurl\b.*", code_of("README.md")) == ["""curl -s -H 'Accept-Language: en' "$@"; }"""]


def test_every_setting_is_in_the_table() -> None:
    table = re.findall(r"^\| (`[A-Z_]+`) (?:\* )?\|", text_of("README.md"), re.MULTILINE)
    documented = set(re.findall(r"`([A-Z_]+)`", " ".join(table)))
    assert documented == {name.upper() for name in Settings.model_fields} | {"PG_BINDIR"}
