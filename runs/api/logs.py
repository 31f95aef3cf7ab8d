"""REST doors of log lines."""

from uuid import UUID

from controlplane.wire.doors import Call, Reply, get, post
from runs import filters
from runs.services import logs
from runs.wire.logs import Log, LogCreate
from workspaces.permissions import Permission


@post("logs", needs=Permission.RUN_FLOWS, status=201, strip_nul=True)
def create_logs(call: Call, body: list[LogCreate], raw: bytes) -> None:
    logs.store_logs(call.workspace, raw, now=call.now)


@post("logs/filter", needs=Permission.SEE_FLOWS)
def filter_logs(call: Call, body: filters.LogsFilter) -> list[Log]:
    return logs.list_logs(call.workspace, body)


@get("flow_runs/<uuid:id>/logs/download", needs=Permission.SEE_FLOWS)
def download_logs(call: Call, id: UUID) -> Reply[bytes]:
    name, content = logs.download(call.workspace, id, now=call.now)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Reply(content, content_type="text/csv", headers=headers)
