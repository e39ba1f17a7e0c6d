"""A PostgreSQL server of the tests' own: started once, an empty schema for each."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

POSTGRES = pytest.param(
    "postgres",
    marks=[pytest.mark.external_service, pytest.mark.xdist_group("postgres")],
)


def postgres_binaries():
    """Return the folder of PostgreSQL's server programs, newest first, or None."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    folders = [*debian, *([Path(found).resolve().parent] if found else [])]
    return next((f for f in folders if (f / "postgres").exists()), None)


def unprivileged():
    """PostgreSQL refuses to run as root; Debian brings a user for it."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL does not run as root, and there is no other user")


@pytest.fixture(scope="session")
def postgres_url():
    """Start a server of our own on a Unix socket, and stop it in the end."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    binaries = postgres_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server here (tests/system_packages.sh installs one)")
    who = unprivileged()
    home = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    if who:
        os.chown(home, who["user"], who["group"])

    def run(*command):
        done = subprocess.run(
            [binaries / command[0], *command[1:]],
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
            **who,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    run("initdb", "-D", "data", "-U", "ledger", "-A", "trust", "--no-sync")
    options = f"-k {home} -c listen_addresses= -c fsync=off"
    run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")
    yield f"postgresql://ledger@/postgres?host={home}"
    run("pg_ctl", "-D", "data", "-m", "immediate", "stop")
    shutil.rmtree(home)


_NUMBERS = itertools.count()


def empty_schema(server):
    """Make a schema, and return the URL of a ledger in it."""
    import psycopg

    name = f"test_{next(_NUMBERS)}"
    host = server.split("host=")[1]
    where = f"host={host} user=ledger dbname=postgres"
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return f"{server}&options=-csearch_path%3D{name}"
