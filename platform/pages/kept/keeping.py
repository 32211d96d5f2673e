"""What somebody typed into a form after their session had ended: kept with the visitor's session through signing in.

Nothing is sent by itself: after signing in they read what they typed and send it with one button, under the token of
the new session. Passwords are never kept. Small files are kept beside it (`pages.kept.files`), and of larger ones the
names, so that the page says what is to be chosen again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from django.http import HttpRequest
from django.utils import timezone

from accounts.limits import counted
from pages.kept.files import Kept, erase_files, keep_files, names_of

SESSION_KEY = "kept_form"
LARGEST, MOST_AN_HOUR, WITH_FILES_AN_HOUR, SECONDS = 200_000, 60, 10, 7200
# Fields that pages write for themselves: sent again, not shown.
OF_PAGES = frozenset(
    {"csrfmiddlewaretoken", "version", "client_token", "part", "next", "key", "pk", "TOTAL_FORMS", "INITIAL_FORMS",
     "MIN_NUM_FORMS", "MAX_NUM_FORMS"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeptForm:
    """`path` is where it was sent, `page` where it stood; `fields` are (name, value), repeated names included.

    `files` are those that are kept, `left` the names of those that are not.
    """

    path: str
    page: str
    fields: list[tuple[str, str]]
    files: list[Kept] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    kept_at: float = 0.0

    def typed(self) -> list[tuple[str, str]]:
        """(label, value) of what a person wrote or chose."""
        parted = [(name.rsplit("-", 1)[-1], value) for name, value in self.fields]
        return [(name.replace("_", " "), value) for name, value in parted if value.strip() and name not in OF_PAGES]


def read_form(request: HttpRequest) -> KeptForm:
    """What was sent; its files are only named."""
    fields = [
        (name, str(value))
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken" and "password" not in name.lower()
    ]
    page = urlsplit(request.headers.get("Referer", ""))
    own = page.path if page.netloc == request.get_host() else ""
    return KeptForm(request.get_full_path(), own, fields, [], names_of(request), timezone.now().timestamp())


def keep_form(request: HttpRequest) -> KeptForm | None:
    """Keep it; None where nothing was typed or chosen, or it is too much to be kept."""
    form = read_form(request)
    size = sum(len(name) + len(value) for name, value in form.fields)
    address = get_adapter(request).get_client_ip(request)
    is_empty = not form.typed() and not form.left
    if is_empty or size > LARGEST or counted(f"limit:kept-form:{address}", 3600) > MOST_AN_HOUR:
        return None
    drop_form(request)
    if form.left and counted(f"limit:kept-files:{address}", 3600) <= WITH_FILES_AN_HOUR:
        files, left = keep_files(request, timezone.now())
        form = replace(form, files=files, left=left)
    request.session[SESSION_KEY] = asdict(form)
    return form


def kept_form(request: HttpRequest) -> KeptForm | None:
    """What this session keeps, for two hours."""
    found = request.session.get(SESSION_KEY)
    if found is None:
        return None
    if timezone.now().timestamp() - found["kept_at"] > SECONDS:
        drop_form(request)
        return None
    pairs, files = [(name, value) for name, value in found["fields"]], [(*file,) for file in found["files"]]
    return KeptForm(**found | {"fields": pairs, "files": files})


def drop_form(request: HttpRequest) -> None:
    """It was sent, or is not wanted."""
    found = request.session.pop(SESSION_KEY, None)
    if found is not None:
        erase_files(found["files"])
