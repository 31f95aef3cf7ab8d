"""`manage.py bootstrap`: the door of scripts and containers."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]


def bootstrap(servers, server, *, account: str, email: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "bootstrap", "--email", email, "--password", "a long enough sentence"]
    command += ["--account", account, "--workspace", "dev"]
    environment = servers.environment(SIGNALBOX_PUBLIC_URL=server.url)
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_it_prints_one_line_that_a_client_can_use_and_may_be_repeated(servers, server):
    first = bootstrap(servers, server, account="scripted", email="Robot@example.com")
    again = bootstrap(servers, server, account="scripted", email="robot@example.com")
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    one, two = json.loads(first.stdout), json.loads(again.stdout)
    assert set(one) == {"account_id", "workspace_id", "api_key", "api_url", "ui_url"}
    assert first.stdout.count("\n") == 1
    assert {key: one[key] for key in one if key != "api_key"} == {key: two[key] for key in two if key != "api_key"}
    for made in (one, two):
        answer = httpx.post(
            f"{made['api_url']}/flows/count", json={}, headers={"Authorization": f"Bearer {made['api_key']}"}
        )
        assert answer.json() == 0
    assert one["ui_url"] == f"{server.url}/w/scripted/dev/"


@pytest.mark.parametrize(
    ("_case", "account", "says"),
    [
        ("somebody else's account", "scripted-too", "exists and mallory@example.com does not run it"),
        ("not a handle", "Not A Handle", "A handle is made of lowercase letters"),
    ],
)
def test_what_it_refuses_it_says_in_a_sentence(servers, server, _case, account, says):
    assert bootstrap(servers, server, account="scripted-too", email="owner@example.com").returncode == 0
    refused = bootstrap(servers, server, account=account, email="mallory@example.com")
    assert refused.returncode == 1
    assert says in refused.stderr
    assert refused.stdout == ""
