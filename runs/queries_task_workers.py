"""The statements of task workers and of what is delivered to them."""

from pathlib import Path

from controlplane.sql.statements import Statements
from runs.wire.task_workers import TaskWorker

sql = Statements(Path(__file__).parent / "sql" / "task_workers.sql")

claim_task_run = sql.scalar("claim_task_run")
renew_delivery = sql.do("renew_delivery")
settle_delivery = sql.do("settle_delivery")
release_deliveries = sql.do("release_deliveries")
see_task_worker = sql.do("see_task_worker")
delete_task_worker = sql.do("delete_task_worker")
read_task_workers = sql.all("read_task_workers", TaskWorker)
forget_settled_deliveries = sql.do("forget_settled_deliveries")
forget_lost_task_workers = sql.do("forget_lost_task_workers")
