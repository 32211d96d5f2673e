"""What admins do to a project's course and see of each other's deeds. Their deeds with money stay in browsers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import F, QuerySet
from django.http import Http404
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest import shapes
from api.rest.asking import body_of, judged
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation, text
from api.rest.idempotency import idempotent
from api.rest.paging import Order, page_of, whole
from api.rest.project_facts import person, site
from api.rest.suspension_views import APPEAL, SUSPENSION, AppealShape, appeal_row
from api.scopes import STAFF
from audit.models import StaffAction
from audit.searching import ActionSearch
from audit.services import LONGEST_REASON
from clock.services import business_now
from payments.services.appealing import decide_appeal, suspension_of
from payments.services.moving import REINSTATE, SUSPEND, move_project
from projects.fields import readable
from projects.models import Project, SuspensionAppeal

_ID = Order("id", F("pk"), whole)
_FIRST_TO_LAST = Order("id", F("pk"), whole, is_descending=False)


class StaffAppealShape(AppealShape):
    project = s.CharField(help_text="Its slug.")
    title = s.CharField()
    page = s.CharField(help_text="Where it is decided by hand.")
    opened_by = shapes.Person()
    decided_by = shapes.Person(allow_null=True)


class StaffSuspensionShape(s.Serializer[Any]):
    project = s.CharField()
    title = s.CharField()
    state = s.ChoiceField(Project.State.choices)
    is_suspended = s.BooleanField()
    reason = s.CharField()
    suspended_at = s.DateTimeField(allow_null=True)
    suspended_by = shapes.Person(required=False, help_text="Absent where it is not suspended.")
    appeals = AppealShape(many=True)


class StaffDeed(s.Serializer[Any]):
    reason = s.CharField(
        max_length=LONGEST_REASON, validators=[readable], help_text="The creator reads it; it is kept with the deed."
    )


class AppealDecision(s.Serializer[Any]):
    is_granted = s.BooleanField()
    answer = s.CharField(max_length=1000, validators=[readable], help_text="The creator reads it.")


class ActionShape(s.Serializer[Any]):
    id = s.IntegerField()
    actor = shapes.Person()
    action = s.CharField()
    subject = s.CharField(help_text="As project:12.")
    reason = s.CharField()
    details = s.DictField()
    happened_at = s.DateTimeField()


_ADMIN = {"id": 3, "name": "Ada Admin"}
DECISION = {"is_granted": True, "answer": "The contracts are there. It goes on where it was."}
STAFF_APPEAL = {
    **APPEAL, **DECISION, "project": "pocket-python", "title": "Pocket Python",
    "page": "https://commonweave.example/funding/suspensions/5/", "opened_by": {"id": 7, "name": "Ada Weaver"},
    "decided_at": "2026-10-03T09:00:00Z", "decided_by": _ADMIN,
}  # fmt: skip
STAFF_SUSPENSION = {
    **{name: SUSPENSION[name] for name in ("project", "is_suspended", "reason", "suspended_at", "appeals")},
    "title": "Pocket Python", "state": "suspended", "suspended_by": _ADMIN,
}  # fmt: skip
LIFTED = {
    "project": "pocket-python", "title": "Pocket Python", "state": "live", "is_suspended": False, "reason": "",
    "suspended_at": None, "appeals": [APPEAL],
}  # fmt: skip
DEED = {"reason": SUSPENSION["reason"]}
ACTION = {
    "id": 90, "actor": _ADMIN, "action": "suspend_project", "subject": "project:44", "reason": DEED["reason"],
    "details": {"from": "live"}, "happened_at": "2026-10-01T09:00:00Z",
}  # fmt: skip


def _require_admin(request: Request) -> None:
    """Raises Http404: for others there is nothing here."""
    if not caller(request).is_admin:
        raise Http404


def _project(request: Request, slug: str) -> Project:
    _require_admin(request)
    if (found := Project.objects.filter(slug=slug).first()) is None:
        raise Http404
    return found


def _answer(project: Project) -> Response:
    project.refresh_from_db()
    stands = suspension_of(project)
    return Response({
        "project": project.slug, "title": project.title, "state": project.state, "is_suspended": stands is not None,
        "reason": stands.reason if stands else "", "suspended_at": stands.happened_at if stands else None,
        **({"suspended_by": person(stands.actor)} if stands and stands.actor else {}),
        "appeals": [appeal_row(one) for one in project.suspension_appeals.all()],
    })  # fmt: skip


def _moved(request: Request, slug: str, deed: str) -> Response:
    project, reason = _project(request, slug), body_of(request, StaffDeed)["reason"]
    move_project(project_id=project.pk, deed=deed, by=caller(request), reason=reason, now=business_now())
    return _answer(project)


class StaffSuspensionView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": STAFF}

    @operation(
        "read_staff_suspension", "Who suspended a project and why, with the appeals", StaffSuspensionShape,
        STAFF_SUSPENSION, tag="Staff", scope=STAFF,
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        return _answer(_project(request, slug))


class SuspendView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": STAFF}

    @operation(
        "suspend_project", "Suspend a project: nothing is charged or paid out, and nobody else sees it while it lasts",
        StaffSuspensionShape, STAFF_SUSPENSION, tag="Staff", scope=STAFF, is_write=True, body=StaffDeed,
        body_example=DEED,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        return _moved(request, slug, SUSPEND)


class ReinstateView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": STAFF}

    @operation(
        "reinstate_project", "Lift a suspension: the project goes on where it was", StaffSuspensionShape,
        LIFTED,
        tag="Staff", scope=STAFF, is_write=True, body=StaffDeed, body_example=DEED,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        return _moved(request, slug, REINSTATE)


def _appeals(request: Request) -> QuerySet[SuspensionAppeal]:
    _require_admin(request)
    return SuspensionAppeal.objects.select_related("project", "opened_by", "decided_by")


def _appeal(request: Request, appeal_id: int) -> SuspensionAppeal:
    if (found := _appeals(request).filter(pk=appeal_id).first()) is None:
        raise Http404
    return found


def _appeal_row(appeal: SuspensionAppeal) -> dict[str, Any]:
    return {
        **appeal_row(appeal), "project": appeal.project.slug, "title": appeal.project.title,
        "page": site(f"/funding/suspensions/{appeal.pk}/"), "opened_by": person(appeal.opened_by),
        "decided_by": person(appeal.decided_by),
    }  # fmt: skip


class StaffAppealsView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": STAFF}

    @operation(
        "list_appeals", "Appeals against suspensions that wait, the oldest first; decided ones where asked for",
        StaffAppealShape, STAFF_APPEAL, tag="Staff", scope=STAFF, many=True,
        query=(text("state", "Which.", enum=["open", "decided"]),),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        is_open = request.query_params.get("state") != "decided"
        rows = _appeals(request).filter(decided_at__isnull=is_open)
        page = page_of(request, rows, _FIRST_TO_LAST)
        return Response(page.answer([_appeal_row(row) for row in page.rows]))


class StaffAppealView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": STAFF}

    @operation("read_appeal", "One appeal", StaffAppealShape, STAFF_APPEAL, tag="Staff", scope=STAFF)
    def get(self, request: Request, appeal_id: int) -> Response:
        return Response(_appeal_row(_appeal(request, appeal_id)))


class DecideAppealView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": STAFF}

    @operation(
        "decide_appeal", "Lift the suspension or let it stand: an admin who did not suspend and has no stake in it",
        StaffAppealShape, STAFF_APPEAL, tag="Staff", scope=STAFF, is_write=True, body=AppealDecision,
        body_example=DECISION,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, appeal_id: int) -> Response:
        found, asked = _appeal(request, appeal_id), body_of(request, AppealDecision)
        decide_appeal(appeal_id=found.pk, by=caller(request), now=business_now(), **asked)
        return Response(_appeal_row(_appeal(request, appeal_id)))


class ActionsView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": STAFF}

    @operation(
        "search_actions", "What staff did, the newest first; kept for good and changed by nobody", ActionShape, ACTION,
        tag="Staff", scope=STAFF, many=True,
        query=(
            text("actor", "Part of the mail address or name.", maxLength=254),
            text("action", "What, for example suspend_project.", maxLength=40),
            text("subject", "On what, as project:12, or its beginning.", maxLength=120),
            text("words", "Words of the reason.", maxLength=100),
            text("since", "The first day, in UTC.", format="date"),
            text("until", "The last day, in UTC.", format="date"),
        ),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        _require_admin(request)
        page = page_of(request, judged(ActionSearch(request.query_params)).found(), _ID)
        return Response(page.answer([_action(row) for row in page.rows]))


def _action(row: StaffAction) -> dict[str, Any]:
    return {
        "id": row.pk, "actor": person(row.actor), "action": row.action, "subject": row.subject, "reason": row.reason,
        "details": row.details, "happened_at": row.happened_at,
    }  # fmt: skip
