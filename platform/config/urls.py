"""Addresses. Each app brings its own; the demo's pages exist in demo and tests only."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.languages import set_language
from accounts.pairing import pairing_view, token_view

handler400 = "config.refusals.bad_request"
handler403 = "config.refusals.forbidden"
handler404 = "config.refusals.not_found"
handler429 = "config.refusals.too_many_requests"
handler500 = "config.refusals.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    # Exempt: a foreign site could change the language of a page, nothing else; a token would make every page private.
    path("language/", csrf_exempt(require_POST(set_language)), name="set_language"),
    path("accounts/", include("allauth.urls")),
    path("identity/o/device", pairing_view),
    path("identity/o/api/token", token_view),
    path("", include("allauth.idp.urls")),
    path("staff/", admin.site.urls),
    path("", include("pages.urls")),
    path("", include("api.urls")),
    path("api/v1/", include("api.rest.urls")),
    path("", include("notices.urls")),
    path("", include("compute_pledges.urls")),
    path("", include("payments.urls")),
    path("", include("projects.urls")),
]
if settings.DEMO_MAILBOX:
    urlpatterns.insert(0, path("demo/", include("pages.demo_urls")))
