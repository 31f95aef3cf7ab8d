"""The filter of events as SQL, for a statement that reads the table `event` by its own name.

Its grammar (labels with globs, lists of resources) is not that of the other entities, hence a compiler of its own.
It begins with the workspace and the two ends of the time, which choose the partitions and the index.
"""

from datetime import datetime

from controlplane.filters import search
from controlplane.sql.fragments import Sql
from events.rules.globs import as_like
from events.rules.matching import as_list, patterns_of
from events.wire.events import RESOURCE_ID, ROLE
from events.wire.filters import (
    EventAnyResourceFilter,
    EventFilter,
    EventNameFilter,
    EventRelatedFilter,
    EventResourceFilter,
    Labels,
)

TEXT = "(event.event || ' ' || event.resource::text || ' ' || event.related::text || ' ' || event.payload::text)"
ONE_ID = f"one ->> '{RESOURCE_ID}'"
ONE_ROLE = f"one ->> '{ROLE}'"


def compile_event_filter(filter: EventFilter, *, since: datetime, until: datetime) -> Sql:
    """The condition for `/*where*/`. The statement brings `%(workspace)s`, the caller the two ends."""
    return Condition().of_filter(filter, since, until)


class Condition:
    """A WHERE clause in the making: texts and numbered parameters."""

    def __init__(self) -> None:
        self.params: dict[str, object] = {}

    def of_filter(self, filter: EventFilter, since: datetime, until: datetime) -> Sql:
        texts = [
            "event.workspace_id = %(workspace)s::uuid",
            f"event.occurred >= {self.bind(since, 'timestamptz')}",
            f"event.occurred <= {self.bind(until, 'timestamptz')}",
        ]
        if filter.id.id:
            texts.append(f"event.id = ANY({self.bind(filter.id.id, 'uuid[]')})")
        if filter.event is not None:
            texts += self.name(filter.event)
        if filter.resource is not None:
            texts += self.primary(filter.resource)
        texts += [exists(self.related(asked)) for asked in as_list(filter.related)]
        texts += [self.anywhere(asked) for asked in as_list(filter.any_resource)]
        if filter.text is not None:
            texts += self.text(filter.text.query)
        return Sql(" AND ".join(texts), self.params)

    def bind(self, value: object, cast: str) -> str:
        name = f"f{len(self.params)}"
        self.params[name] = value
        return f"%({name})s::{cast}"

    def name(self, asked: EventNameFilter) -> list[str]:
        texts = []
        if asked.prefix:
            texts.append(f"event.event ^@ ANY({self.bind(asked.prefix, 'text[]')})")
        if asked.name:
            texts.append(f"event.event = ANY({self.bind(asked.name, 'text[]')})")
        if asked.exclude_prefix:
            texts.append(f"NOT event.event ^@ ANY({self.bind(asked.exclude_prefix, 'text[]')})")
        if asked.exclude_name:
            texts.append(f"event.event <> ALL({self.bind(asked.exclude_name, 'text[]')})")
        return texts

    def primary(self, asked: EventResourceFilter | EventAnyResourceFilter) -> list[str]:
        return self.ids("event.resource_id", asked) + self.labels("event.resource", asked.labels)

    def related(self, asked: EventRelatedFilter) -> list[str]:
        texts = []
        if asked.id:
            texts.append(f"{ONE_ID} = ANY({self.bind(asked.id, 'text[]')})")
        if asked.role:
            texts.append(f"{ONE_ROLE} = ANY({self.bind(asked.role, 'text[]')})")
        if asked.resources_in_roles:
            ids = self.bind([id for id, _ in asked.resources_in_roles], "text[]")
            roles = self.bind([role for _, role in asked.resources_in_roles], "text[]")
            texts.append(f"({ONE_ID}, {ONE_ROLE}) IN (SELECT * FROM unnest({ids}, {roles}))")
        return texts + self.labels("one", asked.labels)

    def anywhere(self, asked: EventAnyResourceFilter) -> str:
        """The primary resource, or one of the related."""
        primary = self.primary(asked) or ["true"]
        related = self.ids(ONE_ID, asked) + self.labels("one", asked.labels)
        return f"(({' AND '.join(primary)}) OR {exists(related)})"

    def ids(self, column: str, asked: EventResourceFilter | EventAnyResourceFilter) -> list[str]:
        texts = []
        if asked.id:
            texts.append(f"{column} = ANY({self.bind(asked.id, 'text[]')})")
        if asked.id_prefix:
            texts.append(f"({column}) ^@ ANY({self.bind(asked.id_prefix, 'text[]')})")
        return texts

    def labels(self, column: str, asked: Labels | None) -> list[str]:
        """A missing label is NULL, which neither LIKE nor NOT LIKE anything."""
        texts = []
        for label, wanted in (asked or {}).items():
            value = f"{column} ->> {self.bind(label, 'text')}"
            patterns = list(patterns_of(wanted))
            like = self.bind([as_like(one) for one in patterns if not one.startswith("!")], "text[]")
            unlike = self.bind([as_like(one[1:]) for one in patterns if one.startswith("!")], "text[]")
            texts.append(f"({value} LIKE ANY({like}) OR {value} NOT LIKE ANY({unlike}))")
        return texts

    def text(self, query: str) -> list[str]:
        terms = search.parse(query)
        sides = ((terms.some, "ILIKE ANY"), (terms.none, "NOT ILIKE ALL"), (terms.every, "ILIKE ALL"))
        return [
            f"{TEXT} {operator}({self.bind([search.pattern(word) for word in words], 'text[]')})"
            for words, operator in sides
            if words
        ]


def exists(texts: list[str]) -> str:
    where = " AND ".join(texts) or "true"
    return f"EXISTS (SELECT 1 FROM jsonb_array_elements(event.related) AS related (one) WHERE {where})"
