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
from pages.kept.files import (
    SECONDS,
    TICKET,
    Kept,
    carried,
    erase_files,
    hold_longer,
    keep_files,
    names_of,
    ticket_for,
)

SESSION_KEY = "kept_form"
LARGEST, MOST_AN_HOUR, WITH_FILES_AN_HOUR = 200_000, 60, 10
# Fields that pages write for themselves: sent again, not shown.
OF_PAGES = frozenset(
    {"csrfmiddlewaretoken", "version", "client_token", "part", "next", "key", "pk", "TOTAL_FORMS", "INITIAL_FORMS",
     "MIN_NUM_FORMS", "MAX_NUM_FORMS"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeptForm:
    """`path` is where it was sent, `page` where it stood; `fields` are (name, value), repeated names included.

    `files` are those that are kept, `left` the names of those that are not. Once its page `is_refused` it, the files go
    with what is sent from there next.
    """

    path: str
    page: str
    fields: list[tuple[str, str]]
    files: list[Kept] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    kept_at: float = 0.0
    is_refused: bool = False

    @property
    def ticket(self) -> str:
        """What names its files in a page."""
        return ticket_for(self.files) if self.files else ""

    def typed(self) -> list[tuple[str, str]]:
        """(label, value) of what a person wrote or chose."""
        parted = [(name.rsplit("-", 1)[-1], value) for name, value in self.fields]
        return [(name.replace("_", " "), value) for name, value in parted if value.strip() and name not in OF_PAGES]


def read_form(request: HttpRequest) -> KeptForm:
    """What was sent; new files are only named."""
    fields = [
        (name, str(value))
        for name, values in request.POST.lists()
        for value in values
        if name not in ("csrfmiddlewaretoken", TICKET) and "password" not in name.lower()
    ]
    page = urlsplit(request.headers.get("Referer", ""))
    own = page.path if page.netloc == request.get_host() else ""
    return KeptForm(
        request.get_full_path(), own, fields, carried(request), names_of(request), timezone.now().timestamp()
    )


def keep_form(request: HttpRequest) -> KeptForm | None:
    """Keep it; None where nothing was typed or chosen, or it is too much to be kept."""
    form = read_form(request)
    size = sum(len(name) + len(value) for name, value in form.fields)
    address = get_adapter(request).get_client_ip(request)
    is_empty = not form.typed() and not form.left and not form.files
    if is_empty or size > LARGEST or counted(f"limit:kept-form:{address}", 3600) > MOST_AN_HOUR:
        return None
    if form.left and counted(f"limit:kept-files:{address}", 3600) <= WITH_FILES_AN_HOUR:
        files, left = keep_files(request, timezone.now())
        form = replace(form, files=[*form.files, *files], left=left)
    _put(request, form)
    return form


def keep_refused(request: HttpRequest, files: list[Kept]) -> None:
    """Its page shows what was typed; the files, which no browser fills in again, wait for the next try."""
    _put(request, replace(read_form(request), files=files, left=[], is_refused=True))


def _put(request: HttpRequest, form: KeptForm) -> None:
    """In place of the one before, whose files go unless they are this one's."""
    before = request.session.pop(SESSION_KEY, None)
    ours = {number for number, _, _ in form.files}
    erase_files([(*file,) for file in (before or {}).get("files", []) if file[0] not in ours])
    hold_longer(form.files, timezone.now())
    request.session[SESSION_KEY] = asdict(form)


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
