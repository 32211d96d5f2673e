from django.urls import path

from notices import views

app_name = "notices"
urlpatterns = [
    path("notifications/", views.notifications, name="list"),
    path("notifications/read/", views.read_all, name="read_all"),
    path("notifications/<int:notice_id>/open/", views.open_notice, name="open"),
    path("notifications/settings/", views.preferences, name="settings"),
    path("notifications/stop/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
