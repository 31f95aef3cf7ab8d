"""Addresses below `w/<account>/<workspace>/`."""

from django.urls import path

from workspaces.pages import api_keys, audit, data_boundary

urlpatterns = [
    path("audit", audit.audit_log, name="audit_log"),
    path("audit/export.csv", audit.export_audit_log, name="export_audit_log"),
    path("data-boundary", data_boundary.data_boundary_page, name="data_boundary"),
    path("keys", api_keys.api_keys, name="api_keys"),
    path("keys/new", api_keys.new_api_key, name="new_api_key"),
    path("keys/<uuid:key_id>/use", api_keys.api_key_use, name="api_key_use"),
    path("keys/<uuid:key_id>/revoke", api_keys.revoke_api_key, name="revoke_api_key"),
]
