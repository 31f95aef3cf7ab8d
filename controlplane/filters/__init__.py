"""The filter grammar: kinds are tables of operators, entities tables of fields, families tables of joins.

Three uses of one declaration: the wire's Structs, the SQL, and the words on a page.

    where = compile_filter("flow_runs", body)
    read_flow_runs(extra={"where": where.text, "order": order_by("flow_runs", body.sort)}, workspace=w, **where.params)
"""

from controlplane.filters.bodies import Counting, History, Limits, Listing, Paging, page_limits
from controlplane.filters.compiler import compile_filter, order_by
from controlplane.filters.entities import ENTITIES, entity, field, find_entity, group
from controlplane.filters.families import FAMILIES, SORTS, Branch, body_maker, by, family
from controlplane.filters.kinds import (
    FLAG,
    ID,
    MOMENT,
    NAME,
    NUMBER,
    REFERENCE,
    TAGS,
    TEXT,
    WORD,
    Compare,
    Kind,
    Switch,
    one_of,
)
from controlplane.filters.sentences import describe

__all__ = [
    "ENTITIES",
    "FAMILIES",
    "FLAG",
    "ID",
    "MOMENT",
    "NAME",
    "NUMBER",
    "REFERENCE",
    "SORTS",
    "TAGS",
    "TEXT",
    "WORD",
    "Branch",
    "Compare",
    "Counting",
    "History",
    "Kind",
    "Limits",
    "Listing",
    "Paging",
    "Switch",
    "body_maker",
    "by",
    "compile_filter",
    "describe",
    "entity",
    "family",
    "field",
    "find_entity",
    "group",
    "one_of",
    "order_by",
    "page_limits",
]
