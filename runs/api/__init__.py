"""REST doors of runs."""

from importlib import import_module

NOUNS = (
    "flows", "flow_runs", "task_runs", "logs", "concurrency", "artifacts", "inputs", "graph", "dashboards", "searches",
    "task_workers",
)  # fmt: skip

for noun in NOUNS:
    import_module(f"runs.api.{noun}")
