from django.urls import URLPattern, URLResolver, path, re_path

from api.hooks import pages as hooks
from api.reference import pages as reference
from api.tokens import pages as tokens

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("developers/", reference.reference, name="reference"),
    path("developers/tokens/", tokens.tokens, name="tokens"),
    path("developers/tokens/<uuid:token_id>/revoke/", tokens.revoke, name="revoke_token"),
    path("developers/webhooks/", hooks.hooks, name="hooks"),
    path("developers/webhooks/<uuid:hook_id>/", hooks.hook, name="hook"),
    re_path(
        r"^developers/webhooks/(?P<hook_id>[-0-9a-f]{36})/(?P<deed>test|rotate|pause|resume|remove)/$",
        hooks.change,
        name="change_hook",
    ),
    path("developers/webhooks/<uuid:hook_id>/messages/<int:message_id>/again/", hooks.redeliver, name="redeliver_hook"),
]
