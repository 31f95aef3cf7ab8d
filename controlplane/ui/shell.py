"""What the frame round a page needs to know; the rooms fill it, the layouts draw it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Badge:
    """A short count behind a menu entry: shape and words carry the meaning, colour only helps."""

    text: str
    words: str  # read out and shown on hover: "3 failed runs since your last visit"
    state: str = "failed"


@dataclass(frozen=True)
class Entry:
    title: str
    url: str
    icon: str
    key: str = ""  # the letter after `g` that leads here
    badge: Badge | None = None
    current: bool = False


@dataclass(frozen=True)
class Group:
    """Entries under one heading; the first group has none."""

    entries: Sequence[Entry]
    title: str = ""


@dataclass(frozen=True)
class Place:
    """A workspace in the switcher."""

    name: str
    url: str
    state: str = ""  # hue of its dot, a state key such as "running"
    current: bool = False


@dataclass(frozen=True)
class Organisation:
    name: str
    places: Sequence[Place]
    settings_url: str = ""


@dataclass(frozen=True)
class Switcher:
    organisation: str
    place: str = ""
    organisations: Sequence[Organisation] = ()
    new_url: str = ""
    production: bool = False


@dataclass(frozen=True)
class Link:
    title: str
    url: str
    icon: str = ""


@dataclass(frozen=True)
class Person:
    """Who is signed in. `links` are the own pages: profile, keys."""

    name: str
    email: str = ""
    links: Sequence[Link] = ()
    sign_out_url: str = ""


def marked(groups: Sequence[Group], path: str, section: str = "") -> list[Group]:
    """The same groups with one entry marked as current.

    `section` names it by title; without it the entry with the longest address that begins `path` is it.
    """
    entries = [entry for group in groups for entry in group.entries]
    if section:
        hits = [entry for entry in entries if entry.title == section]
    else:
        # The first entry (home) is a prefix of every other page, so it counts only when it is the page itself.
        hits = [
            entry for entry in entries if path == entry.url or (entry is not entries[0] and _leads(path, entry.url))
        ]
    chosen = max(hits, key=lambda entry: len(entry.url), default=None)
    return [
        replace(group, entries=[replace(entry, current=entry is chosen) for entry in group.entries]) for group in groups
    ]


def _leads(path: str, url: str) -> bool:
    return path.startswith(url.rstrip("/") + "/")
