from django.urls import URLPattern, URLResolver, path

from api.reference import pages as reference
from api.tokens import pages as tokens

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("developers/", reference.reference, name="reference"),
    path("developers/tokens/", tokens.tokens, name="tokens"),
    path("developers/tokens/<uuid:token_id>/revoke/", tokens.revoke, name="revoke_token"),
]
