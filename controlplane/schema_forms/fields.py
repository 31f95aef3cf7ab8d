"""A field of a form: what is drawn, what was typed, and the JSON value that it stands for."""

from datetime import datetime
from typing import Any

from msgspec import Struct, field


class Absent:
    """No value at all, which is not null."""

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT = Absent()
MASK = "********"
Path = tuple[str | int, ...]
Data = dict[str, str]


class Choice(Struct, frozen=True):
    """One of a select, of radio buttons, or one block that may be referred to."""

    value: str
    words: str
    group: str = ""


class Field(Struct):
    """A node of the tree. `name` is unique in the form; `path` is where its value is in the whole value."""

    kind: str
    name: str
    path: Path
    label: str
    hint: str = ""
    is_required: bool = False
    is_nullable: bool = False
    is_loose: bool = False  # in a group that may be left out as a whole
    text: str = ""
    value: Any = ABSENT
    problem: str = ""
    choices: list[Choice] = field(default_factory=list)
    children: list["Field"] = field(default_factory=list)
    row: str = ""  # the number of the row it is in; stays the same while rows come and go
    key: str = ""  # of a row of an object
    state: str = ""  # of a secret: new, stored, replace, clear
    set_at: datetime | None = None  # of a stored secret: when it was given, and by whom
    set_by: str = ""
    hidden: list[tuple[str, str]] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    place: Any = None  # of the schema that it was read with
    is_open: bool = False  # whether its optional fields are shown without being asked for
    slugs: list[str] = field(default_factory=list)  # the block types that it may refer to

    @property
    def id(self) -> str:
        """Of the control in HTML: a name without what an id cannot hold."""
        return "f-" + "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in self.name)

    @property
    def describedby(self) -> str:
        return " ".join([*([f"{self.id}-hint"] if self.hint else []), *([f"{self.id}-error"] if self.problem else [])])

    @property
    def insists(self) -> bool:
        """Whether the browser may ask for it before the form is sent."""
        return self.is_required and not self.is_loose

    @property
    def is_group(self) -> bool:
        return self.kind in ("object", "list", "map", "union")

    @property
    def required_children(self) -> list["Field"]:
        return [child for child in self.children if child.is_required]

    @property
    def optional_children(self) -> list["Field"]:
        return [child for child in self.children if not child.is_required]

    @property
    def is_folded(self) -> bool:
        """Many optional fields, of which none is wrong, are shown when asked for."""
        optional = self.optional_children
        few = self.is_open or not self.required_children or len(optional) <= 6
        return not few and not any(f.has_problem for f in optional)

    @property
    def has_problem(self) -> bool:
        return bool(self.problem) or any(child.has_problem for child in self.children)

    def walk(self) -> list["Field"]:
        return [self, *(below for child in self.children for below in child.walk())]
