"""The embedded PostgreSQL starts, stops and recovers by itself, whichever process starts it and whichever is killed."""

import ctypes
import importlib.util
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from app.local.embedded_postgres import Addresses, EmbeddedPostgresError, running_postgres, server, started_postgres
from app.local.embedded_postgres.programs import Account, major_version, reachable_bindir, wheel_bindir

BINDIRS = [
    wheel_bindir(),
    *(place for place in sorted(Path("/usr/lib/postgresql").glob("*/bin")) if (place / "initdb").exists()),
]
CHECKOUT = Path(__file__).parents[2]
NOBODY = Account(pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="Only root can drop to another user.")
PR_SET_CHILD_SUBREAPER = 36

# When started in the background of a shell, the tests inherit an ignored SIGINT, which Python would leave ignored.
LAUNCHER = """
import dataclasses, json, signal, sys, time
from pathlib import Path
from app.local.embedded_postgres import running_postgres
signal.signal(signal.SIGINT, signal.default_int_handler)
with running_postgres(Path(sys.argv[1]), bindir=Path(sys.argv[2])) as addresses:
    print(json.dumps(dataclasses.asdict(addresses)), flush=True)
    time.sleep(600)
"""


@pytest.fixture(params=BINDIRS, ids=lambda place: f"{major_version(place)}")
def bindir(request: pytest.FixtureRequest) -> Path:
    """Every PostgreSQL on this machine."""
    return Path(request.param)


@contextmanager
def launched(data_dir: Path, bindir: Path = BINDIRS[0]) -> Iterator[tuple[subprocess.Popen[str], Addresses]]:
    """A service in a process of its own, which a test may kill."""
    with subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, data_dir, bindir],
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
    ) as process:
        try:
            assert process.stdout is not None
            yield process, Addresses(**json.loads(process.stdout.readline()))
        finally:
            process.kill()


def postmaster_in(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def state_of(pid: int) -> str | None:
    """The state by the system's letter: S sleeping, Z zombie …; none if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return None


def wait_until(pid: int, state: str | None) -> None:
    deadline = time.monotonic() + 20
    while state_of(pid) != state:
        assert time.monotonic() < deadline, f"Process {pid} is {state_of(pid)}, not {state}."
        time.sleep(0.02)


def write_a_row(addresses: Addresses) -> None:
    with psycopg.connect(addresses.owner) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 45483 AS hours")


def assert_row_is_kept(addresses: Addresses) -> None:
    with psycopg.connect(addresses.owner) as connection:
        assert connection.execute("SELECT hours FROM kept").fetchall() == [(45483,)]


def settings_of(addresses: Addresses, *names: str) -> list[str]:
    with psycopg.connect(addresses.admin) as connection:
        rows = [connection.execute("SELECT current_setting(%s)", [name]).fetchone() for name in names]
    return [row[0] for row in rows if row]


def test_the_first_start_makes_the_database_and_its_two_roles(tmp_path: Path, bindir: Path) -> None:
    with running_postgres(tmp_path, bindir=bindir) as addresses:
        with psycopg.connect(addresses.owner) as connection:
            assert connection.info.server_version // 10000 == major_version(bindir)
            assert connection.execute(
                "SELECT datname, pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype"
                " FROM pg_database WHERE datname = current_database()"
            ).fetchall() == [("tuntipankki", "tuntipankki_owner", "UTF8", "C", "C")]
            assert connection.execute(
                "SELECT rolname, rolcanlogin, rolcreaterole, rolsuper, rolbypassrls, rolcreatedb"
                " FROM pg_roles WHERE rolname LIKE 'tuntipankki%' ORDER BY rolname"
            ).fetchall() == [
                ("tuntipankki_owner", True, True, False, False, False),
                ("tuntipankki_service", True, False, False, False, False),
            ]
            connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
            connection.execute(
                "CREATE TABLE periods (unit int, days daterange, EXCLUDE USING gist (unit WITH =, days WITH &&))"
            )
        with (
            psycopg.connect(addresses.service) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("CREATE TABLE mine (id int)")


def test_no_connection_works_without_a_password_or_from_elsewhere(tmp_path: Path) -> None:
    with running_postgres(tmp_path) as addresses:
        assert settings_of(addresses, "listen_addresses", "unix_socket_directories") == ["127.0.0.1", ""]
        for address in (addresses.admin, addresses.owner, addresses.service):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(address, password="guessed")
        secrets = json.loads((tmp_path / "postgres.json").read_text())
        log = (tmp_path / "postgres.log").read_text()
        assert not [name for name in ("admin", "owner", "service") if secrets[name] in log]
    assert (tmp_path / "postgres.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "postgres.log").stat().st_mode & 0o777 == 0o600


def test_data_are_durable_unless_configured_otherwise(tmp_path: Path) -> None:
    names = ("fsync", "synchronous_commit", "full_page_writes")
    with running_postgres(tmp_path) as addresses:
        assert settings_of(addresses, *names) == ["on", "on", "on"]
    with running_postgres(tmp_path, durable=False) as addresses:
        assert settings_of(addresses, *names) == ["off", "off", "off"]


def test_a_restart_keeps_data_and_addresses_and_is_quick(tmp_path: Path, bindir: Path) -> None:
    with running_postgres(tmp_path, bindir=bindir, role_prefix="study") as first:
        write_a_row(first)
        assert first.service.startswith("postgresql://study_service:")
        assert first.service.endswith("/study")
    began = time.monotonic()
    with running_postgres(tmp_path, bindir=bindir, role_prefix="study") as second:
        assert time.monotonic() - began < 5
        assert second == first
        assert_row_is_kept(second)


def test_a_stop_does_not_wait_for_open_connections(tmp_path: Path) -> None:
    with running_postgres(tmp_path) as addresses:
        connection = psycopg.connect(addresses.service)
        connection.execute("SELECT 1")
        began = time.monotonic()
    assert time.monotonic() - began < 5
    connection.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_service_that_ends_in_order_shuts_its_database_down(tmp_path: Path, number: signal.Signals) -> None:
    with launched(tmp_path) as (service, addresses):
        postmaster = postmaster_in(tmp_path)
        write_a_row(addresses)
        service.send_signal(number)
        service.wait(30)
    wait_until(postmaster, None)
    assert "database system is shut down" in (tmp_path / "postgres.log").read_text()
    with running_postgres(tmp_path) as addresses:
        assert_row_is_kept(addresses)
    assert "not properly shut down" not in (tmp_path / "postgres.log").read_text()


def test_a_killed_service_leaves_no_orphan(tmp_path: Path) -> None:
    with launched(tmp_path) as (service, _):
        postmaster = postmaster_in(tmp_path)
        service.kill()
    wait_until(postmaster, None)


@AS_ROOT
def test_the_server_keeps_no_group_of_root() -> None:
    become = [sys.executable, str(server.CHILD), str(os.getpid()), str(NOBODY.uid), str(NOBODY.gid)]
    groups = subprocess.run([*become, "/usr/bin/id", "-G"], extra_groups=[0, 4], stdout=subprocess.PIPE, check=True)
    assert groups.stdout.split() == [str(NOBODY.gid).encode()]


def test_a_child_gives_up_if_its_parent_died_before_it_was_ready() -> None:
    nobody = [str(NOBODY.uid), str(NOBODY.gid)]
    gone = subprocess.Popen(["true"])
    gone.wait()
    child = subprocess.run([sys.executable, str(server.CHILD), str(gone.pid), *nobody, "/bin/true"], check=False)
    assert child.returncode != 0


def test_after_a_killed_service_the_next_starts_immediately(tmp_path: Path) -> None:
    with launched(tmp_path) as (service, addresses):
        write_a_row(addresses)
        with psycopg.connect(addresses.service):
            service.kill()
            service.wait()
            with running_postgres(tmp_path) as again:
                assert again == addresses
                assert_row_is_kept(again)


def test_a_server_that_hangs_after_its_service_was_killed_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PATIENCE", ((0.5, signal.SIGQUIT), (0.5, signal.SIGKILL), (20, None)))
    with launched(tmp_path) as (service, addresses):
        write_a_row(addresses)
        os.kill(postmaster_in(tmp_path), signal.SIGSTOP)
        service.kill()
    with running_postgres(tmp_path) as again:
        assert_row_is_kept(again)


def test_the_server_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    running = running_postgres(tmp_path)
    started: list[Addresses] = []
    starter = threading.Thread(target=lambda: started.append(running.__enter__()))
    starter.start()
    starter.join()
    try:
        time.sleep(0.5)
        write_a_row(started[0])
    finally:
        running.__exit__(None, None, None)


def test_a_killed_server_comes_back_under_the_same_service(tmp_path: Path) -> None:
    with running_postgres(tmp_path) as addresses:
        write_a_row(addresses)
        killed = postmaster_in(tmp_path)
        os.kill(killed, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while True:
            try:
                assert_row_is_kept(addresses)
                break
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        assert postmaster_in(tmp_path) != killed


def test_a_server_that_ends_by_itself_is_started_again_and_at_last_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "LONGEST_PAUSE", 0.3)
    with started_postgres(tmp_path) as (addresses, running):
        ended = postmaster_in(tmp_path)
        os.kill(ended, signal.SIGINT)
        deadline = time.monotonic() + 20
        while True:
            try:
                psycopg.connect(addresses.service).close()
                if postmaster_in(tmp_path) != ended:
                    break
            except (psycopg.OperationalError, OSError, ValueError, IndexError):
                assert time.monotonic() < deadline
            time.sleep(0.05)
        (tmp_path / "postgres" / "global" / "pg_control").rename(tmp_path / "pg_control")
        os.kill(postmaster_in(tmp_path), signal.SIGINT)
        with pytest.raises(EmbeddedPostgresError, match=r"(?s)again and again.*pg_control"):
            running.wait_for_end()


def test_a_killed_server_whose_service_is_killed_too_starts_again(tmp_path: Path, bindir: Path) -> None:
    with running_postgres(tmp_path, bindir=bindir) as addresses:
        write_a_row(addresses)
    kill_service_and_server(tmp_path, bindir)
    with running_postgres(tmp_path, bindir=bindir) as addresses:
        assert_row_is_kept(addresses)


def test_a_zombie_that_no_init_reaps_does_not_block_the_next_start(tmp_path: Path) -> None:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        postmaster = kill_service_and_server(tmp_path, wheel_bindir())
        wait_until(postmaster, "Z")
        assert postmaster_in(tmp_path) == postmaster
        with running_postgres(tmp_path):
            pass
        os.waitpid(postmaster, 0)
    finally:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@pytest.mark.parametrize("named", ["one that is gone", "a stranger"])
def test_a_stale_pid_file_does_not_block_the_next_start(tmp_path: Path, named: str) -> None:
    kill_service_and_server(tmp_path, wheel_bindir())
    file = tmp_path / "postgres" / "postmaster.pid"
    # Another process of PostgreSQL's own user, for only such a one is taken for a postmaster.
    owner = file.stat()
    drop = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "600"], cwd="/", **drop) as stranger:  # type: ignore[call-overload] # mypy cannot spread int keywords.
        try:
            if named == "one that is gone":
                stranger.kill()
                stranger.wait()
            file.write_text("\n".join([str(stranger.pid), *file.read_text().split("\n")[1:]]))
            with running_postgres(tmp_path):
                assert postmaster_in(tmp_path) != stranger.pid
            assert (stranger.poll() is None) == (named == "a stranger")
        finally:
            stranger.kill()


def kill_service_and_server(data_dir: Path, bindir: Path) -> int:
    """Kill both such that the service can neither reap nor restart its server; return the server's pid."""
    with launched(data_dir, bindir) as (service, _):
        postmaster = postmaster_in(data_dir)
        service.send_signal(signal.SIGSTOP)
        for thread in Path(f"/proc/{service.pid}/task").iterdir():
            wait_until(int(thread.name), "T")
        os.kill(postmaster, signal.SIGKILL)
        wait_until(postmaster, "Z")
        service.kill()
    return postmaster


def test_a_port_that_was_taken_meanwhile_is_replaced(tmp_path: Path) -> None:
    with running_postgres(tmp_path) as first:
        port = psycopg.conninfo.conninfo_to_dict(first.admin)["port"]
    with socket.create_server(("127.0.0.1", int(port or 0))), running_postgres(tmp_path) as second:
        assert second.admin != first.admin
    with running_postgres(tmp_path) as third:
        assert third == second


def test_the_refusal_of_a_second_start_names_the_running_process(tmp_path: Path) -> None:
    with running_postgres(tmp_path) as addresses:
        with pytest.raises(EmbeddedPostgresError, match=f"Process {os.getpid()} already runs") as refusal:
            running_postgres(tmp_path).__enter__()
        assert str(tmp_path) in str(refusal.value)
        write_a_row(addresses)


def test_data_of_another_major_version_are_refused_with_the_way_out(tmp_path: Path) -> None:
    with running_postgres(tmp_path):
        pass
    (tmp_path / "postgres" / "PG_VERSION").write_text("14\n")
    with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL 14, .* holds PostgreSQL 18\. Set PG_BINDIR"):
        running_postgres(tmp_path).__enter__()


def test_an_interrupted_first_start_is_repeated(tmp_path: Path) -> None:
    (tmp_path / "postgres.new-cut").mkdir()
    (tmp_path / "postgres.new-cut" / "PG_VERSION").write_text("18\n")
    with running_postgres(tmp_path) as addresses:
        write_a_row(addresses)
    assert not list(tmp_path.glob("postgres.new-*"))


def test_lost_passwords_and_wrong_programs_are_refused_with_a_message(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="correct PG_BINDIR"):
        running_postgres(tmp_path, bindir=tmp_path).__enter__()
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text(f"{major_version(wheel_bindir())}\n")
    with pytest.raises(EmbeddedPostgresError, match=r"postgres\.json with the passwords .* is missing"):
        running_postgres(tmp_path).__enter__()


def test_the_data_may_be_in_a_home_that_no_one_else_can_enter(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    with running_postgres(home / "checkout" / ".data") as addresses:
        write_a_row(addresses)
    assert (home / "checkout" / ".data" / "postgres" / "PG_VERSION").exists()


@AS_ROOT
def test_under_root_the_server_has_no_root_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with running_postgres(tmp_path):
        status = Path(f"/proc/{postmaster_in(tmp_path)}/status").read_text()
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert fields["Uid"].split() == [str(NOBODY.uid)] * 4
        assert fields["Gid"].split() == [str(NOBODY.gid)] * 4
        assert fields["Groups"].strip() == ""
        assert int(fields["CapEff"], 16) == 0


@AS_ROOT
def test_under_root_a_users_data_keep_their_owner(tmp_path: Path) -> None:
    os.chown(tmp_path, NOBODY.uid, NOBODY.gid)
    with running_postgres(tmp_path):
        assert {file.stat().st_uid for file in tmp_path.iterdir()} == {NOBODY.uid}


@pytest.fixture
def public_place() -> Iterator[Path]:
    """A directory that every user can enter, unlike pytest's."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        yield Path(place)


@pytest.fixture
def closed_bindir(tmp_path: Path) -> Path:
    """The wheel, installed under a umask of 077 in a home that no one else can enter."""
    package = wheel_bindir().parents[1]
    tmp_path.chmod(0o700)
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, tmp_path / part.name)
        for path in (tmp_path / part.name).rglob("*"):
            path.chmod(path.stat().st_mode & 0o700)
    return tmp_path / package.name / "pginstall" / "bin"


@AS_ROOT
def test_programs_in_a_closed_home_run_from_a_copy_that_only_root_can_change(
    tmp_path: Path, closed_bindir: Path, public_place: Path
) -> None:
    copied = reachable_bindir(closed_bindir, NOBODY, public_place)
    assert copied.is_relative_to(public_place)
    assert not [path for path in public_place.rglob("*") if path.stat().st_uid or path.stat().st_mode & 0o022]
    with running_postgres(tmp_path / "data", bindir=copied) as addresses:
        write_a_row(addresses)
    made = (copied / "postgres").stat()
    assert reachable_bindir(closed_bindir, NOBODY, public_place) == copied
    assert (copied / "postgres").stat() == made, "The second start copies nothing."


@AS_ROOT
def test_a_public_place_that_others_can_write_in_is_refused(closed_bindir: Path, public_place: Path) -> None:
    os.chown(public_place, NOBODY.uid, NOBODY.gid)
    with pytest.raises(EmbeddedPostgresError, match="Users other than root can write"):
        reachable_bindir(closed_bindir, NOBODY, public_place)


def reaches(account: Account, python: str) -> bool:
    try:
        subprocess.run([python, "-c", ""], check=True, user=account.uid, group=account.gid, extra_groups=[], cwd="/")
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


@AS_ROOT
def test_an_ordinary_user_starts_it_from_a_home_of_their_own(public_place: Path) -> None:
    candidates = (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
    python = next((each for each in candidates if reaches(NOBODY, each)), None)
    if python is None:
        pytest.skip("Every Python of this version is in a place that only root can enter.")
    home = public_place / "home"
    shutil.copytree(CHECKOUT / "app" / "local" / "embedded_postgres", home / "app" / "local" / "embedded_postgres")
    for name in ("psycopg", "psycopg_binary", "embedded_postgres", "typing_extensions"):
        found = importlib.util.find_spec(name)
        assert found is not None
        assert found.origin is not None
        if found.submodule_search_locations is None:
            shutil.copy(found.origin, home)
            continue
        for part in Path(found.origin).parent.parent.glob(f"{name}*"):
            if part.name in (name, f"{name}.libs"):
                shutil.copytree(part, home / part.name)
    for path in [home, *home.rglob("*")]:
        os.chown(path, NOBODY.uid, NOBODY.gid)
    home.chmod(0o700)
    with subprocess.Popen(
        [
            python,
            "-c",
            LAUNCHER.replace("time.sleep(600)", ""),
            home / ".data",
            home / "embedded_postgres/pginstall/bin",
        ],
        cwd=home,
        env={"PATH": os.defpath, "PYTHONPATH": str(home)},
        user=NOBODY.uid,
        group=NOBODY.gid,
        extra_groups=[],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as service:
        output, _ = service.communicate(timeout=60)
    assert service.returncode == 0, output
    assert (home / ".data" / "postgres").stat().st_uid == NOBODY.uid
