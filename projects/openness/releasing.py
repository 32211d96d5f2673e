"""Releasing what was promised: a link with its hash or a small file, for backers first where the creator says so."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from notices.kinds import Kind as Notice
from notices.services import tell
from outward.addresses import checked_url
from outward.errors import AddressRefused
from projects.backing import backers_of, backs
from projects.errors import OutputRefused
from projects.following import followers_of
from projects.happenings import Happening, Kind, announce
from projects.models import OutputFile, OutputRelease, Project, PromisedOutput
from projects.roles import can

LARGEST_FILE = 10 * 2**20
LONGEST_EARLY = timedelta(days=90)
BATCH = 200
STATES = (
    Project.State.LIVE, Project.State.PAUSED, Project.State.COLLECTING, Project.State.FUNDED,
    Project.State.DELIVERING, Project.State.COMPLETED,
)  # fmt: skip
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Output:
    """What is released. With `content` the hash is taken from it; a link's hash is what its creator says."""

    kind: str
    title: str
    license: str
    url: str = ""
    sha256: str = ""
    name: str = ""
    content: bytes | None = None
    card: str = ""
    promise: PromisedOutput | None = None
    public_at: datetime | None = None


@transaction.atomic
def release_output(*, project: Project, by: User, output: Output, now: datetime) -> OutputRelease:
    """Release it once: the same hash again gives the release that exists. Raises OutputRefused."""
    locked = Project.objects.select_for_update().get(pk=project.pk)
    if not can(by, locked, "deliver") or locked.state not in STATES:
        raise OutputRefused(_("Only the team of a launched project releases what it made."))
    public_at = max(output.public_at or now, now)
    if public_at > now + LONGEST_EARLY:
        raise OutputRefused(_("Backers may have it alone for at most 90 days."))
    sha256 = _checked_hash(output)
    known = locked.output_releases.filter(kind=output.kind, sha256=sha256).first()
    if known is not None:
        return known
    made = OutputRelease.objects.create(
        project=locked, promise=_own_promise(locked, output), kind=output.kind, title=output.title, url=output.url,
        sha256=sha256, card=output.card, license=output.license, source=f"output:{uuid4()}", released_by=by,
        released_at=now, public_at=public_at, is_told=public_at <= now, **_check_of(output, now),
    )  # fmt: skip
    if output.content is not None:
        name = _NAME.sub("-", output.name).strip("-.")[-80:] or "file"
        OutputFile.objects.create(release=made, name=name, size=len(output.content), content=output.content)
    _tell(made, now)
    return made


def record_run_release(
    *, project: Project, run_id: str, title: str, path: str, sha256: str, license_name: str, by: User, now: datetime
) -> None:
    """A run's own release keeps the first promise of weights that nothing keeps yet. Once for each run."""
    waiting = project.promised_outputs.filter(kind=PromisedOutput.Kind.WEIGHTS, releases=None).first()
    made, is_new = OutputRelease.objects.get_or_create(
        source=f"run:{run_id}",
        defaults={
            "project": project, "promise": waiting, "kind": PromisedOutput.Kind.WEIGHTS, "title": title[:120],
            "url": path, "sha256": sha256, "license": license_name, "released_by": by, "released_at": now,
            "public_at": now, "is_told": True,
        },
    )  # fmt: skip
    if is_new:
        _tell(made, now)


def renew_run_release(*, run_id: str, sha256: str) -> None:
    """The list of hashes that a run's release names, after its card was written anew."""
    OutputRelease.objects.filter(source=f"run:{run_id}").update(sha256=sha256)


def may_fetch(user: object, release: OutputRelease, now: datetime) -> bool:
    """Everyone once it is public; before, backers, the team and admins."""
    return release.public_at <= now or may_fetch_early(user, release.project)


def may_fetch_early(user: object, project: Project) -> bool:
    """What of the project is not public yet: its backers, its team and admins."""
    return can(user, project, "see") or backs(user, project) or (isinstance(user, User) and user.is_admin)


def _check_of(output: Output, now: datetime) -> dict[str, object]:
    """A link's hash is what its creator says until it was read."""
    return {} if output.content is not None else {"verdict": OutputRelease.Verdict.WAITING, "check_at": now}


def _checked_hash(output: Output) -> str:
    if output.content is not None:
        if not 0 < len(output.content) <= LARGEST_FILE:
            raise OutputRefused(_("A file has at most 10 MiB. Link larger ones with their SHA-256."))
        return hashlib.sha256(output.content).hexdigest()
    sha256 = output.sha256.strip().lower()
    if not _SHA256.match(sha256):
        raise OutputRefused(_("A link comes with the SHA-256 of what it leads to: 64 characters of 0-9 and a-f."))
    if urlsplit(output.url).scheme != "https":
        raise OutputRefused(_("A link begins with https://."))
    try:
        checked_url(output.url)
    except AddressRefused as error:
        raise OutputRefused(str(error)) from error
    return sha256


def _own_promise(project: Project, output: Output) -> PromisedOutput | None:
    if output.promise is None:
        return None
    if output.promise.project_id != project.pk or output.promise.kind != output.kind:
        raise OutputRefused(_("This promise is of another kind. Choose the one that the release keeps."))
    return output.promise


def open_to_everyone(*, now: datetime) -> int:
    """Tell followers of what backers had first and everyone has by now. Returns how many releases these are."""
    due = list(OutputRelease.objects.untold(now).order_by("public_at").values_list("pk", flat=True)[:BATCH])
    return sum(_open(pk, now) for pk in due)


@transaction.atomic
def _open(release_id: int, now: datetime) -> bool:
    if not OutputRelease.objects.untold(now).filter(pk=release_id).update(is_told=True):
        return False
    release = OutputRelease.objects.select_related("project").get(pk=release_id)
    if release.project.state not in Project.PRIVATE_STATES:
        _tell(release, now)
    return True


def _who_has_it(release: OutputRelease, now: datetime) -> str:
    if release.public_at <= now:
        return _("Everyone can fetch it now.")
    day = date_format(release.public_at.astimezone(UTC), "DATETIME_FORMAT")
    return _("Backers can fetch it now, everyone from %(day)s UTC.") % {"day": day}


def _tell(release: OutputRelease, now: datetime) -> None:
    """Backers once, by the notice's key; followers once everyone can fetch it."""
    project = release.project
    people = backers_of(project.pk)
    if release.public_at <= now:
        people += list(followers_of(project).exclude(pk__in=people))
    facts = {"project": project.title, "what": release.title}
    path = f"{project.get_absolute_url()}promises/"
    tell(
        kind=Notice.RELEASE, people=people, key=f"release:{release.pk}", path=path, now=now,
        title=lambda: _("%(project)s releases %(what)s") % facts, body=lambda: _who_has_it(release, now),
    )  # fmt: skip
    data = {"kind": release.kind, "title": release.title, "sha256": release.sha256, "license": release.license,
            "public_at": release.public_at.isoformat()}  # fmt: skip
    key = f"output:{release.pk}:{'public' if release.public_at <= now else 'early'}"
    announce(Happening(Kind.RELEASE_PUBLISHED, key, project.pk, now, data))
