"""Automations for the filter grammar."""

from typing import TYPE_CHECKING

from controlplane.filters import ID, MOMENT, NAME, TAGS, Counting, Listing, body_maker, by, entity, family, field

entity(
    "automations", "AutomationFilter", "automation",
    field("id", ID, "any_"),
    field("name", NAME, "any_"),
    field("created", MOMENT, "before_"),
    field("tags", TAGS, "all_ any_ is_null_", combines=True),
)  # fmt: skip

AUTOMATIONS = family(
    "automations",
    sort="AutomationSort",
    sorts={
        "NAME_ASC": by("automation", "name ASC"),
        "NAME_DESC": by("automation", "name DESC"),
        "CREATED_DESC": by("automation", "created DESC"),
        "UPDATED_DESC": by("automation", "updated DESC"),
    },
    bodies={"AutomationsFilter": Listing, "AutomationsCount": Counting},
)

if TYPE_CHECKING:
    AutomationsFilter = Listing
    AutomationsCount = Counting
else:
    __getattr__ = body_maker(AUTOMATIONS)
