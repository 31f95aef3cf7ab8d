"""Pieces of SQL that carry their own parameters. Imports nothing, so that pure packages may use it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Sql:
    """Text with pyformat placeholders (`%(f0)s::uuid[]`) and the values of those that the piece brings along.

    A placeholder without a value here (`%(workspace)s`) is for the statement that the piece is spliced into.
    """

    text: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __add__(self, other: "Sql") -> "Sql":
        return Sql.join("", (self, other))

    @classmethod
    def join(cls, glue: str, pieces: Iterable["Sql"]) -> "Sql":
        """One piece of many. A name that two pieces use for different values is renamed in the later piece."""
        texts: list[str] = []
        params: dict[str, object] = {}
        for piece in pieces:
            fresh = piece._beside(params)
            texts.append(fresh.text)
            params.update(fresh.params)
        return cls(glue.join(texts), params)

    def _beside(self, taken: Mapping[str, object]) -> "Sql":
        clashes = {name for name, value in self.params.items() if name in taken and taken[name] is not value}
        if not clashes:
            return self
        used = {*taken, *self.params, *_PLACEHOLDER.findall(self.text)}
        names: dict[str, str] = {}
        for name in sorted(clashes):
            number = 2
            while f"{name}_{number}" in used:
                number += 1
            names[name] = f"{name}_{number}"
            used.add(names[name])
        text = _PLACEHOLDER.sub(lambda found: f"%({names.get(found[1], found[1])})s", self.text)
        return Sql(text, {names.get(name, name): value for name, value in self.params.items()})
