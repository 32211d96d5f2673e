from django.urls import path

from pages import views
from pages.dashboard import views as dashboard

app_name = "pages"
urlpatterns = [
    path("healthz", views.health, name="health"),
    path("funding/", dashboard.overview, name="dashboard"),
    path("funding/rows/<slug:key>/", dashboard.rows, name="dashboard_rows"),
]
