"""What people type into one field as a JSON value, or a sentence why it is none."""

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from controlplane.schema_forms.durations import iso_of, seconds_of
from controlplane.schema_forms.fields import Choice
from controlplane.schema_forms.places import Place

FEW = 4
MANY = 15
LARGEST_JSON = 262_144
DEEPEST_JSON = 50
HALF = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
HELP = {
    "datetime": "Times without a zone are in UTC.",
    "duration": "Such as 1h 30m, or a number of seconds.",
    "uuid": "An id such as 0198c8a2-5f0e-7c3a-9d4e-1f2a3b4c5d6e.",
}


class Unreadable(ValueError):
    """The text is no value; the sentence is for whoever typed it."""


def parse(place: Place, text: str) -> Any:
    if "\0" in text:
        raise Unreadable("There is a character in it that cannot be stored.")
    return PARSERS.get(place.kind, parse_plain)(place, text)


def parse_plain(place: Place, text: str) -> str:
    # A form sends lines as CR LF, whatever was typed.
    return text.replace("\r\n", "\n")


def parse_json(text: str) -> Any:
    if len(text) > LARGEST_JSON or "\0" in text or "\\u0000" in text:
        raise Unreadable("It is too long, or holds a character that cannot be stored.")
    try:
        found = json.loads(text, parse_constant=refuse_constant, parse_float=finite)
    except RecursionError:
        raise Unreadable("It is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"This is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.") from error
    if depth_of(found) > DEEPEST_JSON:
        raise Unreadable("It is nested too deeply.")
    if HALF.search(text) and not is_text(found):
        raise Unreadable("It holds half a character, which cannot be stored.")
    return found


def is_text(value: Any) -> bool:
    """Whether it can be written as UTF-8: an escape may stand for half of a character."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise Unreadable(f"The number {text[:20]} is too large.")
    return number


def depth_of(value: Any) -> int:
    level, depth = [value], 0
    while level and depth <= DEEPEST_JSON:
        depth += 1
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


def refuse_constant(name: str) -> None:
    raise Unreadable(f"JSON has no {name}.")


def parse_any(place: Place, text: str) -> Any:
    """JSON if it is some, and text if not."""
    try:
        return parse_json(text)
    except Unreadable:
        return text


def parse_integer(place: Place, text: str) -> int:
    if re.fullmatch(r"[+-]?\d{1,30}", text.strip(), re.ASCII) is None:
        raise Unreadable("Write a whole number.")
    return int(text)


def parse_number(place: Place, text: str) -> int | float:
    text = text.strip()
    if re.fullmatch(r"[+-]?(\d{1,300}(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", text, re.ASCII) is None:
        raise Unreadable("Write a number, such as 2.5.")
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)


def parse_choice(place: Place, text: str) -> Any:
    for value in values_of(place):
        if option_of(value) == text:
            return value
    raise Unreadable("Choose one of the values that are offered.")


def parse_datetime(place: Place, text: str) -> str:
    text = text.strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("Write a date and a time, such as 2026-03-01T08:30.") from None
    # What has a zone stays as it is, to the letter.
    return moment.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z") if moment.tzinfo is None else text


def parse_date(place: Place, text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise Unreadable("Write a date, such as 2026-03-01.") from None


def parse_time(place: Place, text: str) -> str:
    try:
        found = time.fromisoformat(text.strip())
    except ValueError:
        raise Unreadable("Write a time of day, such as 08:30.") from None
    return found.isoformat() if found.tzinfo is None else text.strip()


def parse_duration(place: Place, text: str) -> Any:
    seconds = seconds_of(text)
    if seconds is None:
        raise Unreadable("Write a duration, such as 1h 30m.")
    if place.schema.get("type") == "string":
        return iso_of(seconds)
    return int(seconds) if seconds == int(seconds) else seconds


def parse_uri(place: Place, text: str) -> str:
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", text.strip()) is None:
        raise Unreadable("Write an address, such as https://example.com/.")
    return text.strip()


def parse_email(place: Place, text: str) -> str:
    if re.fullmatch(r"[^@\s]+@[^@\s]+", text.strip()) is None:
        raise Unreadable("Write an e-mail address, such as ada@example.com.")
    return text.strip()


def parse_uuid(place: Place, text: str) -> str:
    try:
        return str(UUID(text.strip()))
    except ValueError:
        raise Unreadable("Write an id of 32 hexadecimal digits.") from None


PARSERS: dict[str, Callable[[Place, str], Any]] = {
    "any": parse_any, "integer": parse_integer, "number": parse_number, "choice": parse_choice,
    "datetime": parse_datetime, "date": parse_date, "time": parse_time, "duration": parse_duration,
    "uri": parse_uri, "email": parse_email, "uuid": parse_uuid,
}  # fmt: skip


def shown_text(place: Place, text: str) -> str:
    return text.strip() if place.kind in PARSERS and place.kind != "any" else text


def values_of(place: Place) -> list[Any]:
    if place.schema.get("type") == "boolean" and "enum" not in place.schema:
        return [True, False]
    values = place.schema.get("enum")
    return [value for value in values if value is not None] if isinstance(values, list) else []


def choices_of(place: Place) -> list[Choice]:
    return [Choice(option_of(value), words_of_option(value)) for value in values_of(place)]


def option_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def words_of_option(value: Any) -> str:
    return ("Yes" if value else "No") if isinstance(value, bool) else option_of(value)
