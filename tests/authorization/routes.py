"""Every address of the site, and what asking for it came to."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

# Their own tests hold them: the library's pages of signing in, and Django's admin, which asks for permissions.
FOREIGN = ("accounts/", "identity/", "_allauth/", "staff/", ".well-known/")


def routes():
    """(namespace, name, address pattern, its parts) of our own pages, in order."""
    return sorted(_walk(get_resolver().url_patterns, "", ""), key=lambda route: route[2])


def _walk(patterns, before, namespace, foreign=False):
    for pattern in patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, address, pattern.namespace or namespace, foreign)
        elif isinstance(pattern, URLPattern) and (foreign or not address.startswith(FOREIGN) or "pages" in namespace):
            parts = pattern.pattern.converters if isinstance(pattern.pattern, RoutePattern) else None
            yield namespace, pattern.name, address, tuple(pattern.pattern.regex.groupindex if parts is None else parts)


def addresses():
    """Address patterns of everything, libraries included."""
    return {address for _, _, address, _ in _walk(get_resolver().url_patterns, "", "", foreign=True)}


def came_in(answer):
    """Whether somebody was let in: to a page, or to be told that what they sent is no good."""
    if answer.status_code in (401, 403, 404, 405):
        return False
    to_sign_in = answer.status_code == 302 and answer["Location"].startswith(settings.LOGIN_URL)
    return not to_sign_in
