"""Addresses of deployments, work pools and workers, below a workspace."""

from django.urls import path

from deployments.pages.custom_run import custom_run_page
from deployments.pages.deployment import deployment_page, pause_page, resume_page, run_now_page
from deployments.pages.deployment_list import deployments_page
from deployments.pages.editing import delete_schedule_page, edit_deployment_page, schedule_page
from deployments.pages.pool_template import pool_template_page
from deployments.pages.run_input import resume_run_page
from deployments.pages.work_pools import work_pool_page, work_pools_page, workers_page

urlpatterns = [
    path("deployments", deployments_page, name="deployments"),
    path("deployments/<uuid:id>", deployment_page, name="deployment"),
    path("deployments/<uuid:id>/run", run_now_page, name="run_now"),
    path("deployments/<uuid:id>/run/custom", custom_run_page, name="custom_run"),
    path("deployments/<uuid:id>/edit", edit_deployment_page, name="edit_deployment"),
    path("deployments/<uuid:id>/schedules/new", schedule_page, name="new_schedule"),
    path("deployments/<uuid:id>/schedules/<uuid:schedule>", schedule_page, name="schedule"),
    path("deployments/<uuid:id>/schedules/<uuid:schedule>/delete", delete_schedule_page, name="delete_schedule"),
    path("deployments/<uuid:id>/pause", pause_page, name="pause_deployment"),
    path("deployments/<uuid:id>/resume", resume_page, name="resume_deployment"),
    path("pools", work_pools_page, name="work_pools"),
    path("pools/<str:name>", work_pool_page, name="work_pool"),
    path("pools/<str:name>/template", pool_template_page, name="pool_template"),
    path("runs/<uuid:id>/resume/form", resume_run_page, name="resume_run"),
    path("workers", workers_page, name="workers"),
]
