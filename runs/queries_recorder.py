"""The statements of the task run recorder."""

from pathlib import Path

from controlplane.sql.statements import Statements

sql = Statements(Path(__file__).parent / "sql" / "recorder.sql")

add_reported_task_runs = sql.do("add_reported_task_runs")
record_reported_states = sql.do("record_reported_states")
