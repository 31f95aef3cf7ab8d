"""The statements behind dashboards and bulk changes, each bound to the row that it returns."""

from uuid import UUID

from msgspec import Struct

from controlplane.sql.statements import Statements
from runs.queries import FOLDER, Identified
from runs.wire.dashboards import Interval, NextRun, RunDot


class Numbered(Struct):
    id: UUID
    number: int


class StateCount(Struct):
    state_type: str
    number: int


class Outcomes(Struct):
    bucket: int
    completed: int
    failed: int


dashboards = Statements(FOLDER / "dashboards.sql")
average_lateness = dashboards.scalar("average_lateness")
select_flow_runs = dashboards.all("select_flow_runs", Identified)
select_flows = dashboards.all("select_flows", Identified)
count_history = dashboards.all("count_history", Interval)
read_run_dots = dashboards.all("read_run_dots", RunDot)
count_tasks_of_runs = dashboards.all("count_tasks_of_runs", Numbered)
count_deployments_of_flows = dashboards.all("count_deployments_of_flows", Numbered)
read_next_runs = dashboards.all("read_next_runs", NextRun)
count_tasks_by_state = dashboards.all("count_tasks_by_state", StateCount)
count_outcomes = dashboards.all("count_outcomes", Outcomes)
find_flow_run_name = dashboards.scalar("find_flow_run_name")
