"""Addresses of runs, task runs and flows, below a workspace. `live` ones are answered by controlplane.live."""

from django.urls import path

from runs.pages import live as live
from runs.pages.flows import flow_page, flows_page
from runs.pages.run import download_log, run_page
from runs.pages.run_actions import cancel_run_page, delete_run_page, retry_run_page
from runs.pages.run_list import runs_page
from runs.pages.task_run import task_run_page

urlpatterns = [
    path("runs", runs_page, name="runs"),
    path("runs/<uuid:id>", run_page, name="run"),
    path("runs/<uuid:id>/log.csv", download_log, name="run_log"),
    path("runs/<uuid:id>/cancel", cancel_run_page, name="cancel_run"),
    path("runs/<uuid:id>/retry", retry_run_page, name="retry_run"),
    path("runs/<uuid:id>/delete", delete_run_page, name="delete_run"),
    path("runs/<uuid:id>/<slug:tab>", run_page, name="run_tab"),
    path("tasks/<uuid:id>", task_run_page, name="task_run"),
    path("flows", flows_page, name="flows"),
    path("flows/<uuid:id>", flow_page, name="flow"),
]
