"""From a decoded body to a WHERE clause."""

from enum import Enum

from msgspec import Struct

from controlplane.filters.clauses import TRUE, Params
from controlplane.filters.families import FAMILIES, SORTS
from controlplane.sql.fragments import Sql


def compile_filter(root: str, body: Struct) -> Sql:
    """The condition of a `root` query, for the place `/*where*/` of a statement that reads the table by its own name.

    It begins with the workspace, so no query without a tenant can be built. The statement brings `%(workspace)s`.
    """
    family = FAMILIES[root]
    params: Params = {}
    texts = [f"{family.entity.table}.workspace_id = %(workspace)s::uuid"]
    given = getattr(body, family.key, None)
    if given is None:
        given = family.unasked
    if given is not None and (own := family.entity.clause.write(given, params)) != TRUE:
        texts.append(own)
    for join in family.joins:
        if text := join.write(body, params):
            texts.append(text)
    return Sql(" AND ".join(texts), params)


def order_by(root: str, sort: Enum | None = None) -> str:
    """The ORDER BY of `root` for the place `/*order*/`; without a sort the root's default."""
    sorts = SORTS[root]
    return next(iter(sorts.values())) if sort is None else sorts[sort.name]
