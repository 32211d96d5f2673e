from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("compute_pledges.api.urls")),
    path("", include("compute_pledges.web.urls")),
]
