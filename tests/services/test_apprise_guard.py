"""What the sender of Apprise may not do: each is done once without the guard, to see that it could have been."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from notifications.channels.apprise import PROGRAM, ROOT
from notifications.channels.apprise.schemas import ALLOWED
from tests.services.test_channel_kinds import Reply, fake, receivers  # noqa: F401

CANARY = "canary-of-the-server"
# Runs statements one by one and prints, as JSON, what became of each. The canary's folder is `folder`.
TRIES = """
import ctypes, json, os, shutil, socket, subprocess, sys
import msgspec
import sender
order = json.loads(sys.stdin.read())
folder, echo = order["folder"], shutil.which("true")
guard = sender.Guard(sender.Order("", "", "", "", "", order["allowed"], [], 5.0))
sys.addaudithook(guard.hook)
found = {}
codes = {name: compile(statement, name, "eval") for name, statement in order["tries"].items()}
guard.is_on = order["guarded"]
for name, code in codes.items():
    try:
        result = eval(code)
        found[name] = result.decode() if isinstance(result, bytes) else result if isinstance(result, str) else "done"
    except OSError as error:
        found[name] = type(error).__name__
guard.is_on = False
print(json.dumps(found))
"""
# In turn: each begins with what the one before it has left.
TRIED = {
    "reads a file": "open(folder + '/canary').read()",
    "reads a file by its number": "os.read(os.open(folder + '/canary', os.O_RDONLY), 99)",
    "reads through a way round": "open(os.path.dirname(os.__file__) + '/../../../..' * 9 + folder + '/canary').read()",
    "writes a file": "open(folder + '/new', 'w').write('x')",
    "adds to a file": "open(folder + '/new', 'a').write('x')",
    "writes a file by its number": "os.write(os.open(folder + '/third', os.O_WRONLY | os.O_CREAT), b'x')",
    "empties a file": "os.truncate(folder + '/new', 0)",
    "renames a file": "os.rename(folder + '/new', folder + '/newer')",
    "links to a file": "os.symlink(folder + '/canary', folder + '/link')",
    "removes a file": "os.remove(folder + '/newer')",
    "makes a folder": "os.mkdir(folder + '/made')",
    "removes a folder": "os.rmdir(folder + '/made')",
    "starts a program": "subprocess.run([echo], check=True)",
    "starts a program by a shell": "os.system(echo)",
    "spawns a program": "os.waitpid(os.posix_spawn(echo, [echo], {}), 0)",
    "becomes two": "os.fork() or os._exit(0)",
    "loads a library": "ctypes.CDLL(None)",
    "listens": "socket.socket().bind(('127.0.0.1', 0))",
    "connects to a place that was not checked": "socket.create_connection(('127.0.0.1', order_port))",
    "sends without a connection": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
}  # fmt: skip


def outcomes(folder: Path, port: int, *, guarded: bool) -> dict[str, str]:
    tries = {name: statement.replace("order_port", str(port)) for name, statement in TRIED.items()}
    order = {"folder": str(folder), "tries": tries, "guarded": guarded, "allowed": []}
    return json.loads(run_beside_the_sender(TRIES, order))


def run_beside_the_sender(program: str, order: dict[str, Any], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-B", "-c", program, *arguments], input=json.dumps(order), capture_output=True, text=True,
        env={"PYTHONPATH": f"{ROOT}:{PROGRAM.parent}"}, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_guard_lets_nothing_read_write_start_or_connect(tmp_path, fake):  # noqa: F811
    (tmp_path / "canary").write_text(CANARY)
    before = sorted(tmp_path.iterdir())
    assert outcomes(tmp_path, fake.port, guarded=True) == dict.fromkeys(TRIED, "PermissionError")
    assert sorted(tmp_path.iterdir()) == before
    free = outcomes(tmp_path, fake.port, guarded=False)
    assert free == {name: CANARY if name.startswith("reads") else "done" for name in TRIED}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["canary", "link", "third"]


def test_the_guard_lets_the_interpreter_read_its_own_modules(tmp_path, fake):  # noqa: F811
    order = {
        "folder": str(tmp_path),
        "guarded": True,
        "allowed": [],
        "tries": {"own": "open(os.__file__).name and '1'"},
    }
    assert json.loads(run_beside_the_sender(TRIES, order)) == {"own": "1"}


# The sender itself, over HTTP instead of HTTPS, so that the fake hears what it would have sent.
PLAIN = """
import sys
import requests
import sender
plain = requests.adapters.HTTPAdapter.send
def send(adapter, prepared, **named):
    prepared.url = prepared.url.replace("https://", "http://", 1)
    return plain(adapter, prepared, **named)
requests.adapters.HTTPAdapter.send = send
sender.PORTS = sender.PORTS | {int(sys.argv[1])}
if sys.argv[2] == "unguarded":
    sender.is_own_file = lambda *opened: True
sender.main()
"""


@pytest.mark.parametrize(("_case", "guarded"), [("it would arrive", "unguarded"), ("it does not", "guarded")])
def test_a_template_of_an_address_is_no_file_of_the_server(tmp_path, fake, _case, guarded):  # noqa: F811
    canary = tmp_path / "card.json"
    canary.write_text(
        json.dumps(
            {"type": "message", "attachments": [{"contentType": "application/json", "content": {}}], "text": CANARY}
        )
    )
    order = {
        "url": f"workflows://127.0.0.1:{fake.port}/a/b/?template={canary}", "title": "t", "body": "b", "type": "info",
        "key": "k-1", "allowed": ["127.0.0.0/8"], "schemas": sorted(ALLOWED), "seconds": 5.0,
    }  # fmt: skip
    fake.replies = [Reply()]
    report = json.loads(run_beside_the_sender(PLAIN, order, str(fake.port), guarded))
    arrived = [request.json["text"] for request in fake.got if CANARY.encode() in request.raw]
    assert arrived == ([CANARY] if guarded == "unguarded" else [])
    assert report.get("is_delivered", False) is (guarded == "unguarded")
    assert CANARY not in json.dumps(report)
