"""The statements of heartbeats."""

from pathlib import Path

from controlplane.sql.statements import Statements
from runs.queries_sweeps import Candidate
from runs.rules.crashing import Signs

sql = Statements(Path(__file__).parent / "sql" / "pulses.sql")

record_heartbeats = sql.do("record_heartbeats")
forget_pulses = sql.do("forget_pulses")
find_silent_runs = sql.all("find_silent_runs", Candidate)
read_signs = sql.one("read_signs", Signs)
mark_pulse = sql.do("mark_pulse")
