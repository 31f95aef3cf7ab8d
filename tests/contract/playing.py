"""Plays the same requests on two servers and says where their answers differ.

A scenario file is a list of steps:

    {"name": "…", "call": "POST /flows/", "body": {…}, "save": {"flow": "id"}, "ignore": ["updated"]}

`{flow}` in later paths and bodies stands for what that server answered; `{uuid}`, `{tag}`, `{now}`, `{soon}` and
`{past}` are the same for both. `raw` instead of `body` is sent as it is. Ids and moments only have to be some.
"""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import httpx

NAME = re.compile(r"\{(\w+)\}")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
SECONDS = {
    "total_run_time", "estimated_run_time", "estimated_start_time_delta", "average_lateness", "duration", "lateness",
    "sum_estimated_run_time", "sum_estimated_lateness",
}  # fmt: skip
"""How long something took: the kind of number is compared, not the number."""
UNORDERED = {"exception_detail", "tags", "pause_keys", "states", "capabilities"}
ABSENT = "(absent)"


class Difference(NamedTuple):
    where: str
    theirs: Any
    ours: Any


class Player:
    """One server, and what its answers have named so far."""

    def __init__(self, url: str, key: str = "") -> None:
        self.url, self.key = url, key
        self.client = self.connect()
        self.names: dict[str, Any] = {}
        self.status = 0  # of the last answer

    def again(self) -> "Player":
        """The same server, by a connection of its own, with the names so far."""
        other = Player(self.url, self.key)
        other.names = dict(self.names)
        return other

    def connect(self) -> httpx.Client:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        # Nothing here is encrypted, and reading the certificates of the world takes 20 ms of CPU each time.
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, verify=False)

    def request(self, method: str, path: str, body: Any = ABSENT, raw: str | None = None) -> tuple[int, Any]:
        content = raw.encode() if raw is not None else None if body is ABSENT else json.dumps(body).encode()
        # A 503 asks for a retry: the real server gives some while its own services hold the row.
        for pause in (0.2, 0.5, 1, 0):
            answer = self.client.request(method, path, content=content)
            if answer.status_code >= 500:
                # The real server drops the connection after a fault, and the next request would find it dead.
                self.client.close()
                self.client = self.connect()
            if answer.status_code != 503 or not pause:
                break
            time.sleep(pause)
        try:
            return answer.status_code, answer.json() if answer.content else None
        except ValueError:
            return answer.status_code, answer.text

    def play(self, step: dict[str, Any]) -> tuple[int, Any]:
        method, path = step["call"].split(" ", 1)
        body = fill(step["body"], self.names) if "body" in step else ABSENT
        status, answer = self.request(method, fill(path, self.names), body, step.get("raw"))
        self.status = status
        for name, place in step.get("save", {}).items():
            self.names[name] = dig(answer, place)
        return status, rename_keys(answer, {value: name for name, value in self.names.items() if is_id(value)})


def shared_names() -> dict[str, str]:
    now = datetime.now(UTC)
    moments = {"now": 0, "soon": 5, "past": -5, "hour_ago": -60, "day_ago": -1440}
    return {
        "uuid": str(uuid4()),
        "tag": uuid4().hex[:8],
        **{name: (now + timedelta(minutes=minutes)).isoformat() for name, minutes in moments.items()},
    }


def play_both(theirs: Player, ours: Player, step: dict[str, Any]) -> list[Difference]:
    expected, given = theirs.play(step), ours.play(step)
    if expected[0] != given[0]:
        return [Difference("status", f"{expected[0]} {expected[1]}", f"{given[0]} {given[1]}")]
    return list(differences(expected[1], given[1], frozenset(step.get("ignore", ()))))


def differences(theirs: Any, ours: Any, ignore: frozenset[str] = frozenset(), where: str = "$") -> Iterator[Difference]:
    """Each place in which two answers differ: keys, types, lengths, values."""
    if kind(theirs) != kind(ours):
        yield Difference(where, theirs, ours)
    elif isinstance(theirs, dict):
        for key in sorted(theirs.keys() | ours.keys()):
            if key in ignore or (key in SECONDS and kind(theirs.get(key)) == kind(ours.get(key)) == "number"):
                continue
            if key not in theirs or key not in ours:
                yield Difference(f"{where}.{key}", theirs.get(key, ABSENT), ours.get(key, ABSENT))
            else:
                yield from differences(theirs[key], ours[key], ignore, f"{where}.{key}")
    elif isinstance(theirs, list):
        if len(theirs) != len(ours):
            yield Difference(f"{where}.length", theirs, ours)
        if where.rpartition(".")[2] in UNORDERED:
            theirs, ours = sorted(theirs, key=by_place), sorted(ours, key=by_place)
        for index, (their, our) in enumerate(zip(theirs, ours, strict=False)):
            yield from differences(their, our, ignore, f"{where}[{index}]")
    elif isinstance(theirs, str):
        if not (MOMENT.match(theirs) and MOMENT.match(ours)) and ID.sub("(id)", theirs) != ID.sub("(id)", ours):
            yield Difference(where, theirs, ours)
    elif theirs != ours:
        yield Difference(where, theirs, ours)


def by_place(item: Any) -> tuple[str, str]:
    """Findings stand beside each other by their place: what was found there may be hidden in one of them."""
    return (in_words(item["loc"]) if isinstance(item, dict) and "loc" in item else "", in_words(item))


def kind(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


def in_words(value: Any) -> str:
    """What orders a list whose order means nothing; ids do not count, since they differ."""
    return ID.sub("", json.dumps(value, sort_keys=True))


def is_id(value: Any) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None


def rename_keys(value: Any, names: dict[str, str]) -> Any:
    """Answers that are keyed by ids, keyed by what the scenario calls these ids."""
    if isinstance(value, dict):
        return {names.get(key, key): rename_keys(item, names) for key, item in value.items()}
    return [rename_keys(item, names) for item in value] if isinstance(value, list) else value


def dig(value: Any, place: str) -> Any:
    """What is at `state.id` or `0.id`; an id of nothing where the answer has no such place."""
    for part in place.split("."):
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError, ValueError):
            return str(uuid4())
    return value


def fill(value: Any, names: dict[str, Any]) -> Any:
    if isinstance(value, str):
        whole = NAME.fullmatch(value)
        if whole and whole[1] in names:
            return names[whole[1]]
        return NAME.sub(lambda match: str(names.get(match[1], match[0])), value)
    if isinstance(value, list):
        return [fill(item, names) for item in value]
    if isinstance(value, dict):
        return {fill(key, names): fill(item, names) for key, item in value.items()}
    return value
