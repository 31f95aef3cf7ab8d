"""The addresses of this room's pages, below a workspace."""

from django.urls import path

from automations.pages import builder, detail, levels, listing

urlpatterns = [
    path("automations", listing.automations_page, name="automations"),
    path("automations/new", builder.new_automation_page, name="new_automation"),
    path("automations/<uuid:id>", detail.automation_page, name="automation"),
    path("automations/<uuid:id>/edit", builder.edit_automation_page, name="edit_automation"),
    path("automations/<uuid:id>/switch", detail.switch_automation_page, name="switch_automation"),
    path("automations/<uuid:id>/delete", detail.delete_automation_page, name="delete_automation"),
    path("automations/<uuid:id>/actions/<uuid:action>", detail.change_action_page, name="change_action"),
    path("deployments/<uuid:deployment>/levels", levels.levels_page, name="service_levels"),
    path("deployments/<uuid:deployment>/levels/<uuid:level>", levels.change_level_page, name="change_service_level"),
]
