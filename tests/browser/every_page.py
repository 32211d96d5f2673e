"""Which of the site's addresses are pages, who looks at them, and what the others are. A new address that answers with
a page is looked at without a word here; one that does not is named below, or the tests fail."""

from django.urls import reverse

from tests.authorization.matrix import MATRIX
from tests.authorization.routes import routes
from tests.authorization.world import AUDIENCES

# The first of these whom the matrix lets in looks; who is signed in only has more to see in some places.
VIEWERS = ("anonymous", "creator", "backer", "volunteer", "reviewer", "admin", "stranger")
RICHER = {
    "gpu/": "volunteer",
    "notifications/": "backer",
    "my/": "backer",
    "pledges/": "backer",
    "people/me/": "creator",
}
# Addresses that show a page only in a state which the world has not: the test that opens it there.
ELSEWHERE = {
    "^volunteers/(?P<user_id>[0-9]{1,9})/$": "test_training_pages",
    "gpu/credit/runs/<uuid:run_id>/": "test_training_pages",
    "runs/<uuid:run_id>/certificate/": "test_training_pages",
    "gpu/pledges/<uuid:pledge_id>/weeks/<day:starts>/": "test_pledge_pages",
    "notifications/stop/<str:token>/": "test_community_pages",
    "projects/<slug:slug>/edit/": "test_pages",
    "projects/<slug:slug>/edit/<slug:key>/": "test_pages",
    "pledges/<uuid:pledge_id>/card/": "test_states_of_pages",
    "pledges/repair/<str:token>/": "test_states_of_pages",
    "demo/mail/<int:mail_id>/": "test_states_of_pages",
    "early/<str:token>/": "test_states_of_pages",
}
# What scripts fetch into a page, where it is looked at.
PARTS = {
    "runs/<uuid:run_id>/answer/", "runs/<uuid:run_id>/live/", "runs/<uuid:run_id>/panes/", "runs/<uuid:run_id>/own/",
    "gpu/estimate/", "gpu/machines/states/",
}  # fmt: skip
# They lead to a page and are none.
MOVES_ON = {
    "funding/projects/number/<int:number>/", "pledges/<uuid:pledge_id>/returned/",
    "projects/<slug:slug>/payouts/returned/", "pledges/repair/<str:token>/returned/",
}  # fmt: skip
# Files, pictures and data of which the world has none.
FILES = {
    "calendar/<str:token>.ics", "oembed", "projects/<slug:slug>/rewards/<int:reward_id>/<str:sha256>.webp",
    "runs/<uuid:run_id>/answer/<int:index>.png", "runs/<uuid:run_id>/certificate.pdf",
    "runs/<uuid:run_id>/release/files/<str:name>", "statistics/<str:name>", "worker/files/<str:name>",
}  # fmt: skip
# The pages of accounts, which are the library's under our templates: how they are reached.
LIBRARY = {
    "accounts/2fa/": "creator", "accounts/2fa/webauthn/": "creator", "accounts/3rdparty/": "creator",
    "accounts/3rdparty/login/cancelled/": "anonymous", "accounts/email/": "creator",
    "accounts/inactive/": "anonymous", "accounts/login/": "anonymous", "accounts/login/code/": "anonymous",
    "accounts/logout/": "creator", "accounts/password/change/": "creator", "accounts/password/reset/": "anonymous",
    "accounts/password/reset/done/": "anonymous", "accounts/password/reset/key/done/": "anonymous",
    "accounts/reauthenticate/": "creator", "accounts/signup/": "anonymous", "identity/o/authorize": "creator",
    "identity/o/device": "creator", "identity/o/logout": "creator",
}  # fmt: skip
LIBRARY_ELSEWHERE = {
    "accounts/2fa/authenticate/": "test_accounts", "accounts/2fa/reauthenticate/": "test_accounts",
    "accounts/2fa/recovery-codes/": "test_accounts", "accounts/2fa/recovery-codes/generate/": "test_accounts",
    "accounts/2fa/totp/activate/": "test_accounts", "accounts/2fa/totp/deactivate/": "test_accounts",
    "accounts/2fa/webauthn/add/": "test_accounts", "accounts/2fa/webauthn/keys/<int:pk>/edit/": "test_accounts",
    "accounts/2fa/webauthn/keys/<int:pk>/remove/": "test_accounts",
    "accounts/3rdparty/login/error/": "test_accounts", "accounts/confirm-email/": "test_accounts",
    "accounts/login/code/confirm/": "test_accounts", "accounts/password/set/": "test_accounts",
    "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "test_accounts",
}  # fmt: skip
# Steps of signing in with passkeys and elsewhere, addresses of programs, and old names: nothing is shown.
LIBRARY_MUTE = {
    "accounts/2fa/recovery-codes/download/", "accounts/2fa/webauthn/login/", "accounts/2fa/webauthn/reauthenticate/",
    "accounts/3rdparty/signup/", "accounts/oidc/^(?P<provider_id>[^/]+)/login/",
    "accounts/oidc/^(?P<provider_id>[^/]+)/login/callback/", "accounts/social/connections/",
    "accounts/social/login/cancelled/", "accounts/social/login/error/", "accounts/social/signup/",
    "identity/o/api/device/code", "identity/o/api/revoke", "identity/o/api/token", "identity/o/api/userinfo",
}  # fmt: skip


def viewer(address):
    """Who looks at the address."""
    said = MATRIX[address].get("get", "").split()
    may = {one for word in said for one in AUDIENCES.get(word, (word,))}
    wanted = next((who for start, who in RICHER.items() if address.startswith(start) and who in may), None)
    return wanted or next((who for who in VIEWERS if who in may), "admin")


def looked_at(world):
    """(who, address, path, what it answers) of every address that takes GET: `page`, `part`, `away` or `file`."""
    found = []
    for namespace, name, address, parts in routes():
        if address.startswith("api/"):
            continue
        who = viewer(address)
        path = reverse(f"{namespace}:{name}" if namespace else name, kwargs=world.values(namespace, name, parts))
        answer = world.browser(who).get(path)
        if answer.status_code != 405:
            found.append((who, address, path, kind_of(answer)))
    return found


def kind_of(answer):
    """What a browser would make of it."""
    if answer.status_code in (301, 302, 303):
        return "away"
    if answer.status_code == 404:
        return "nothing"
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        return "file"
    return "page" if b"<html" in answer.content else "part"
