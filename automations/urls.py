"""The addresses of this room's pages, below a workspace."""

from importlib import import_module

from django.urls import path

from automations.pages import builder, detail, incidents, levels, listing

import_module("automations.services.channel_uses")  # tells the pages of channels who uses them

urlpatterns = [
    path("automations", listing.automations_page, name="automations"),
    path("automations/new", builder.new_automation_page, name="new_automation"),
    path("automations/quick", listing.quick_automation_page, name="quick_automation"),
    path("automations/<uuid:id>", detail.automation_page, name="automation"),
    path("automations/<uuid:id>/edit", builder.edit_automation_page, name="edit_automation"),
    path("automations/<uuid:id>/switch", detail.switch_automation_page, name="switch_automation"),
    path("automations/<uuid:id>/delete", detail.delete_automation_page, name="delete_automation"),
    path("automations/<uuid:id>/actions/<uuid:action>", detail.change_action_page, name="change_action"),
    path("incidents", incidents.incidents_page, name="incidents"),
    path("incidents/new", incidents.new_incident_page, name="new_incident"),
    path("incidents/<uuid:id>", incidents.incident_page, name="incident"),
    path("incidents/<uuid:id>/resolve", incidents.resolve_incident_page, name="resolve_incident"),
    path("deployments/<uuid:deployment>/levels", levels.levels_page, name="service_levels"),
    path("deployments/<uuid:deployment>/levels/<uuid:level>", levels.change_level_page, name="change_service_level"),
]
