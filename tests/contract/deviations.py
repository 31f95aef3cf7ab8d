"""What differs from a real Prefect server on purpose, and why. Everything else has to be equal.

A reason names an ADR, or a row of the specification's quirk checklist that says "fix".
"""

import re
from typing import NamedTuple

from tests.contract.playing import Difference

HIDDEN = "docs/adr/0048-secrets-of-runs-lie-beside-their-masks.md"
GIVEN = r"(parameters|job_variables|infra_overrides|parameter_openapi_schema|base_job_template)"
KINDER = "docs/adr/0009-kinder-than-the-real-server.md"


class Deviation(NamedTuple):
    """Where answers may differ: file and step by name (`*`: any), the place by a pattern for the whole of it."""

    scenario: str
    step: str
    where: str
    reason: str
    ours: object = ...  # what we answer instead, where that is one thing

    def covers(self, scenario: str, step: str, found: Difference) -> bool:
        return (
            self.scenario in ("*", scenario)
            and self.step in ("*", step)
            and re.fullmatch(self.where, found.where) is not None
            and self.ours in (..., found.ours)
        )


DEVIATIONS = (
    Deviation("*", "*", rf"\$\.request_body(\..*)?\.{GIVEN}", HIDDEN, "********"),
    Deviation("*", "*", r"\$\.exception_detail\[\d+\]\.input", HIDDEN, "********"),
    Deviation("deployments", "*", r".*\.(created_by|updated_by)", KINDER),
    Deviation("deployments", "places: read with another queue", r"\$\.work_pool_name", KINDER),
    Deviation("work_pools", "*", r".*\.(created_by|updated_by)", KINDER),
    Deviation("logs", "*", r".*\.worker_id", KINDER, None),
    Deviation("logs", "an unknown key in a line", r"status", KINDER, "201 None"),
    Deviation("flows", "*", r".*\.labels", KINDER, {}),
    Deviation("flows", "an unknown sort", r"\$\.exception_detail\[0\]\.(ctx\.expected|msg)", KINDER),
    Deviation("runs", "*", r".*\.job_variables", KINDER, {}),
    Deviation("runs", "two equal tags", r"\$\.tags\.length", KINDER, ["b", "a"]),
    Deviation("runs", "a result in the first state", "status", KINDER),
    Deviation("states", "resume what is missing", "status", "quirk 4"),
    Deviation("ui", "buckets without a filter", ".*", KINDER),
)
