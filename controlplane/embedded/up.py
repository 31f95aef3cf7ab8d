"""`manage.py up`: everything on one machine, from an empty folder to an address to open, and down without a trace."""

import argparse
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from controlplane.embedded import programs, running
from controlplane.embedded.errors import CannotStart
from controlplane.embedded.ports import is_free
from controlplane.embedded.roles import DATABASE, Urls, prepare_database, role_passwords
from controlplane.embedded.spawn import die_with_parent
from controlplane.embedded.stack import Stack
from controlplane.embedded.supervisor import Stop, Supervisor
from controlplane.embedded.wishes import Wishes

LOG_LIMIT_BYTES = 10_000_000
# With their NAME_FILE: the superuser's address is nobody else's business, and the others are given anew.
NOT_INHERITED = {"DATABASE_URL", "REDIS_URL", "SIGNALBOX_SECRET_KEY", "SIGNALBOX_PORT", "SIGNALBOX_DATA"}
NOT_INHERITED |= {
    "SIGNALBOX_PUBLIC_URL",
    "SIGNALBOX_STATIC",
    *(f"SIGNALBOX_DATABASE_{role}_URL" for role in ("APP", "SYSTEM", "OWNER")),
}


def main(arguments: Sequence[str]) -> int:
    """The exit status: 0 after a wished stop, 1 when something stood in the way (and was said).

    It takes no options: any is refused by argparse, which exits with 2, and with 0 after `--help`.
    """
    argparse.ArgumentParser(
        prog="manage.py up",
        description="Run Signalbox on this machine until Ctrl-C: PostgreSQL, Valkey, web server, workers.",
        epilog="Settings are environment variables, SIGNALBOX_PORT and SIGNALBOX_DATA first: see docs/operations.md.",
    ).parse_args(arguments)
    if "MAKELEVEL" in os.environ:
        die_with_parent(signal.SIGTERM)  # a killed `make` takes us with it
    try:
        wishes = Wishes.read(os.environ)
        stack = Stack(
            wishes.folder,
            postgres=not (wishes.database_url or wishes.role_urls),
            valkey=not wishes.redis_url,
        )
        _refuse_taken_port(wishes.host, wishes.port)
        supervisor = Supervisor(_say)
    except (CannotStart, OSError) as error:
        return _fail(error)
    status = 0
    try:
        _bring_up(wishes, stack, supervisor)
        supervisor.watch()
    except Stop:
        _say("\nStopping (again Ctrl-C to hurry):")
    except CannotStart as error:
        status = _fail(error)
    finally:
        supervisor.stop()
        running.withdraw(stack.folder)
        stack.stop()
    _say(f"Stopped. Your data are kept in {stack.folder}")
    return status


def _bring_up(wishes: Wishes, stack: Stack, supervisor: Supervisor) -> None:
    begun = time.monotonic()
    logs = stack.folder / "logs"
    _turn_logs(logs)
    if stack.servers:
        with _Step(f"Starting {' and '.join(server.title for server in stack.servers)}"):
            supervisor.start(*stack.servers)
    urls = _prepare(wishes, stack)
    environment = _environment(wishes, stack, urls)
    running.publish(stack.folder, environment)
    with _Step("Bringing the tables up to date"):
        programs.run_once("migrate", ("migrate", "--database", "owner", "--no-input"), logs, environment)
    if "SIGNALBOX_STATIC" in environment:
        with _Step("Bundling the files of the pages"):
            programs.run_once("collectstatic", ("collectstatic", "--no-input", "--clear"), logs, environment)
    with _Step("Starting the web server, the Celery worker and Celery beat"):
        supervisor.start(
            programs.celery_worker(logs, environment),
            programs.celery_beat(stack.folder, logs, environment),
            *([programs.slack_socket(logs, environment)] if _wants_slack(environment) else []),
            programs.web(wishes.host, wishes.port, wishes.web_workers, logs, environment),
        )
    _say(_welcome(wishes.public_url, stack.folder, time.monotonic() - begun))


def _wants_slack(environment: Mapping[str, str]) -> bool:
    """Whether clicks in Slack are to come in over a connection of ours."""
    return any(environment.get(f"SIGNALBOX_SLACK_APP_TOKEN{ending}") for ending in ("", "_FILE"))


def _prepare(wishes: Wishes, stack: Stack) -> Urls:
    if wishes.role_urls:
        return wishes.role_urls
    if stack.postgres:
        return stack.prepare_database()
    named = urlsplit(wishes.database_url).path.lstrip("/")
    name = DATABASE if named in ("", "postgres") else named
    return prepare_database(wishes.database_url, name, passwords=role_passwords(stack.keepsakes))


def _environment(wishes: Wishes, stack: Stack, urls: Urls) -> dict[str, str]:
    """What the children get: ours, without the superuser's address."""
    ours = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in NOT_INHERITED}
    # Who works on the pages sees each change at the next reload.
    static = {} if ours.get("SIGNALBOX_DEBUG") == "1" else {"SIGNALBOX_STATIC": str(stack.folder / "static")}
    return ours | {
        **static,
        "SIGNALBOX_DATABASE_APP_URL": urls.app,
        "SIGNALBOX_DATABASE_SYSTEM_URL": urls.system,
        "SIGNALBOX_DATABASE_OWNER_URL": urls.owner,
        "REDIS_URL": wishes.redis_url or stack.redis_url,
        "SIGNALBOX_PORT": str(wishes.port),
        "SIGNALBOX_DATA": str(stack.folder),
        "SIGNALBOX_PUBLIC_URL": wishes.public_url,
        "SIGNALBOX_SECRET_KEY": wishes.secret_key or stack.keepsakes.secret("secret_key", 50),
        "PYTHONUNBUFFERED": "1",
    }


def _refuse_taken_port(host: str, port: int) -> None:
    if port < 1024 and os.geteuid() != 0:
        raise CannotStart(f"Port {port} is for root only. Set SIGNALBOX_PORT to one above 1023, such as 8000.")
    if not is_free(port, host):
        raise CannotStart(
            f"Port {port} on {host} is in use by another program. "
            f"Stop that program, or choose another port: SIGNALBOX_PORT={port + 1 if port < 65_535 else 8000}"
        )


def _turn_logs(logs: Path) -> None:
    for log in logs.glob("*.log"):
        if log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(log.with_suffix(".log.1"))


def _welcome(url: str, folder: Path, seconds: float) -> str:
    line = "─" * min(shutil.get_terminal_size().columns, 78)
    return f"""
{line}
  Signalbox is up at {url}   ({seconds:.1f} s)

  1. Sign up         {url}/signup
  2. Connect a worker, in any environment with `pip install prefect`:

     export PREFECT_CLOUD_API_URL={url}/api
     export PREFECT_API_URL={url}/api/accounts/…/workspaces/…
     export PREFECT_API_KEY=…
     prefect work-pool create --type process my-pool
     prefect worker start --pool my-pool

     The two lines with … are shown, filled in, on the page API keys when you make one.

  Data  {folder}
  Logs  {folder / "logs"}
  Stop  Ctrl-C
{line}"""


class _Step:
    """Say what is being done, and how long it took."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        self._begun = time.monotonic()
        print(f"  {self._what} ...", end="", flush=True)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        print(f" {time.monotonic() - self._begun:.1f} s" if kind is None else "", flush=True)


def _fail(error: Exception) -> int:
    print(f"\nSignalbox cannot run: {error}", file=sys.stderr, flush=True)
    return 1


def _say(words: str) -> None:
    print(words, flush=True)
