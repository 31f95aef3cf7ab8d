from django.urls import path

from controlplane.ui.design import design_page
from controlplane.ui.looks import choose_theme, choose_zone

app_name = "ui"

urlpatterns = [
    path("theme", choose_theme, name="theme"),
    path("zone", choose_zone, name="zone"),
    path("design", design_page, name="design"),
]
