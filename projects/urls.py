from django.urls import path

from projects import views

app_name = "projects"
urlpatterns = [
    path("", views.discover, name="home"),
    path("discover/", views.discover, name="discover"),
    path("projects/<slug:slug>/", views.detail, name="detail"),
]
