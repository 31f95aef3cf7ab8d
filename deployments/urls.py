"""Addresses of deployments, work pools and workers, below a workspace."""

from django.urls import path

from deployments.pages.deployment import deployment_page, pause_page, resume_page, run_now_page
from deployments.pages.deployment_list import deployments_page
from deployments.pages.work_pools import work_pool_page, work_pools_page, workers_page

urlpatterns = [
    path("deployments", deployments_page, name="deployments"),
    path("deployments/<uuid:id>", deployment_page, name="deployment"),
    path("deployments/<uuid:id>/run", run_now_page, name="run_now"),
    path("deployments/<uuid:id>/pause", pause_page, name="pause_deployment"),
    path("deployments/<uuid:id>/resume", resume_page, name="resume_deployment"),
    path("pools", work_pools_page, name="work_pools"),
    path("pools/<str:name>", work_pool_page, name="work_pool"),
    path("workers", workers_page, name="workers"),
]
