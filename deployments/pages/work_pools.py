"""Work pools, the page of one pool, and workers."""

from django.http import HttpResponse

from controlplane.ui.page import page
from deployments.queries_pages import WorkerRow
from deployments.services import page_data
from deployments.services.page_data import Standing
from runs.services import page_data as run_data
from runs.services.page_filter import RunFilter
from runs.services.page_words import as_rows
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission
from workspaces.services.refusals import WORDS, list_refusals


@workspace_page(needs=Permission.SEE_WORK_POOLS)
def work_pools_page(request: PageRequest) -> HttpResponse:
    pools = page_data.list_pool_rows(request.place.workspace_id, now=request.now)
    return page(
        request, "deployments/work_pools.html", {"rows": [(pool, page_data.pool_standing(pool)) for pool in pools]}
    )


@workspace_page(needs=Permission.SEE_WORK_POOLS)
def work_pool_page(request: PageRequest, name: str) -> HttpResponse:
    workspace, now = request.place.workspace_id, request.now
    pool = page_data.read_pool(workspace, name, now=now)
    rows, more = run_data.list_rows(workspace, RunFilter(pool=name), now=now, limit=15)
    context = {
        "may_write": Permission.WRITE_WORK_POOLS in request.place.grants,
        "pool": pool, "standing": page_data.pool_standing(pool), "section": "Work pools",
        "rows": as_rows(rows), "more": more,
        "queues": page_data.list_queue_rows(workspace, pool.id, now=now),
        "workers": with_standings(request, page_data.list_worker_rows(workspace, pool_id=pool.id)),
        "refused": [(one, WORDS[one.reason]) for one in list_refusals(workspace, now=now, pool=pool.name)],
    }  # fmt: skip
    return page(request, "deployments/work_pool.html", context)


@workspace_page(needs=Permission.SEE_WORKERS)
def workers_page(request: PageRequest) -> HttpResponse:
    workspace = request.place.workspace_id
    workers = with_standings(request, page_data.list_worker_rows(workspace))
    counts = [(word, sum(standing.status == word for _, standing in workers)) for word in ("online", "late", "offline")]
    context = {
        "workers": workers, "pools": page_data.list_pool_rows(workspace, now=request.now),
        "refused": [(one, WORDS[one.reason]) for one in list_refusals(workspace, now=request.now) if one.pool],
        "summary": " · ".join(f"{count} {word}" for word, count in counts if count),
    }  # fmt: skip
    return page(request, "deployments/workers.html", context)


def with_standings(request: PageRequest, workers: list[WorkerRow]) -> list[tuple[WorkerRow, Standing]]:
    return [(worker, page_data.worker_standing(worker, request.now)) for worker in workers]
