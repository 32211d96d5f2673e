"""Webhooks over the API: registered, changed, rotated, tested, with the log of what was sent."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import F
from django.http import Http404
from django.utils import timezone
from rest_framework import serializers as s
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.hooks import sending, services, telling
from api.hooks.signing import secret_of
from api.models import HookEndpoint, HookMessage
from api.rest.asking import REMOVED, Removed, body_of
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation, text
from api.rest.idempotency import idempotent
from api.rest.paging import Order, moment, page_of, whole
from api.scopes import HOOKS, READ
from projects.happenings import Kind
from projects.models import Project
from projects.roles import projects_of

EVENTS = [str(kind) for kind in Kind]
Settable = (HookEndpoint.State.ACTIVE, HookEndpoint.State.PAUSED)


class HookShape(s.Serializer[Any]):
    id = s.UUIDField()
    url = s.CharField()
    project = s.CharField(allow_null=True, help_text="Null: everything that concerns you.")
    events = s.ListField(child=s.ChoiceField(EVENTS))
    state = s.ChoiceField(HookEndpoint.State.choices)
    failing_since = s.DateTimeField(allow_null=True)
    created_at = s.DateTimeField()


class NewHook(s.Serializer[Any]):
    url = s.CharField(max_length=500)
    project = s.SlugField(max_length=80, required=False, allow_null=True, default=None)
    events = s.ListField(child=s.ChoiceField(EVENTS), min_length=1, max_length=len(EVENTS))


class HookChange(s.Serializer[Any]):
    state = s.ChoiceField([(str(state), state.label) for state in Settable])


class Secret(s.Serializer[Any]):
    secret = s.CharField(help_text="After a rotation messages carry signatures of both for a day.")


class AttemptShape(s.Serializer[Any]):
    status = s.IntegerField(help_text="0: nobody answered.")
    answer = s.CharField()
    milliseconds = s.IntegerField()
    made_at = s.DateTimeField()


class MessageShape(s.Serializer[Any]):
    id = s.IntegerField()
    message_id = s.CharField(help_text="The webhook-id of every attempt.")
    event = s.CharField()
    body = s.CharField()
    state = s.ChoiceField(HookMessage.State.choices)
    attempts = AttemptShape(many=True)
    next_at = s.DateTimeField(allow_null=True, help_text="Of one that waits: the next attempt.")
    created_at = s.DateTimeField()


NEW = {"url": "https://hooks.example/commonweave", "project": "pocket-python", "events": ["note.published"]}
HOOK = {
    **NEW, "id": "0f2e5bb6-3c1d-4f7a-9d55-1f0a7c1f4d11", "state": "active", "failing_since": None,
    "created_at": "2026-10-01T09:00:00Z",
}  # fmt: skip
MESSAGE = {
    "id": 9001, "message_id": "msg_6f0b3f0c7a554a0e", "event": "note.published", "state": "delivered",
    "body": '{"type":"note.published","timestamp":"2026-10-01T09:00:00+00:00","data":{"project":"pocket-python"}}',
    "attempts": [{"status": 204, "answer": "", "milliseconds": 81, "made_at": "2026-10-01T09:00:01Z"}],
    "next_at": "2026-10-01T09:00:01Z", "created_at": "2026-10-01T09:00:00Z",
}  # fmt: skip


def _row(hook: HookEndpoint) -> dict[str, Any]:
    return {
        "id": hook.pk, "url": hook.url, "project": hook.project.slug if hook.project else None, "events": hook.kinds,
        "state": hook.state, "failing_since": hook.failing_since, "created_at": hook.created_at,
    }  # fmt: skip


def _message(message: HookMessage) -> dict[str, Any]:
    names = ("status", "answer", "milliseconds", "made_at")
    return {
        "id": message.pk, "message_id": message.message_id, "event": message.kind, "body": message.body,
        "state": message.state, "next_at": message.next_at if message.state == HookMessage.State.PENDING else None,
        "created_at": message.created_at,
        "attempts": [{name: getattr(attempt, name) for name in names} for attempt in message.log.all()],
    }  # fmt: skip


def _own(request: Request, hook_id: UUID) -> HookEndpoint:
    mine = HookEndpoint.objects.select_related("project").filter(owner=caller(request), pk=hook_id)
    if (found := mine.first()) is None:
        raise Http404
    return found


def _project(request: Request, slug: str | None) -> Project | None:
    if slug is None:
        return None
    if (found := projects_of(caller(request)).filter(slug=slug).first()) is None:
        raise ValidationError({"project": "You work on no such project."})
    return found


class HooksView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "post": HOOKS}

    @operation("list_my_webhooks", "My webhooks", HookShape, HOOK, tag="Webhooks", many=True, scope=READ)
    def get(self, request: Request) -> Response:
        mine = HookEndpoint.objects.filter(owner=caller(request)).select_related("project")
        page = page_of(request, mine, Order("created", F("created_at"), moment))
        return Response(page.answer([_row(row) for row in page.rows]))

    @operation(
        "register_webhook", "Be told at an address of yours from now on", HookShape, HOOK, tag="Webhooks", scope=HOOKS,
        is_write=True, body=NewHook, body_example=NEW, status=201,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request) -> Response:
        asked = body_of(request, NewHook)
        made = services.register(
            owner=caller(request), url=asked["url"], kinds=asked["events"],
            project=_project(request, asked["project"]), now=timezone.now(),
        )  # fmt: skip
        return Response(_row(made), status=201)


class HookView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "patch": HOOKS, "delete": HOOKS}

    @operation("read_my_webhook", "A webhook of mine", HookShape, HOOK, tag="Webhooks", scope=READ)
    def get(self, request: Request, hook_id: UUID) -> Response:
        return Response(_row(_own(request, hook_id)))

    @operation(
        "change_webhook", "Pause a webhook, or switch it on again: what waits is sent then", HookShape, HOOK,
        tag="Webhooks", scope=HOOKS, is_write=True, body=HookChange, body_example={"state": "paused"},
    )  # fmt: skip
    @idempotent
    def patch(self, request: Request, hook_id: UUID) -> Response:
        found, asked = _own(request, hook_id), body_of(request, HookChange)
        services.set_state(endpoint=found, target=asked["state"])
        return Response(_row(_own(request, hook_id)))

    @operation("remove_webhook", "Remove a webhook", Removed, REMOVED, tag="Webhooks", scope=HOOKS, is_write=True)
    @idempotent
    def delete(self, request: Request, hook_id: UUID) -> Response:
        _own(request, hook_id).delete()
        return Response(REMOVED)


class SecretView(ApiView):
    """Its answers are kept for no Idempotency-Key: they would keep the secret."""

    scopes: ClassVar[dict[str, str]] = {"get": HOOKS, "post": HOOKS}

    @operation(
        "read_webhook_secret", "The secret that messages are signed with", Secret, {"secret": "whsec_MfKQ9r8GKYqr"},
        tag="Webhooks", scope=HOOKS,
    )  # fmt: skip
    def get(self, request: Request, hook_id: UUID) -> Response:
        return _secret(_own(request, hook_id))

    @operation(
        "rotate_webhook_secret", "Make a new secret", Secret, {"secret": "whsec_MfKQ9r8GKYqr"}, tag="Webhooks",
        scope=HOOKS, problems=(409, 415),
    )  # fmt: skip
    def post(self, request: Request, hook_id: UUID) -> Response:
        found = _own(request, hook_id)
        services.rotate(endpoint=found, now=timezone.now())
        return _secret(found)


def _secret(hook: HookEndpoint) -> Response:
    answer = Response({"secret": secret_of(hook)})
    answer["Cache-Control"] = "no-store"
    return answer


class HookTestView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": HOOKS}

    @operation(
        "test_webhook", "Send a message that says nothing but that messages arrive", MessageShape, MESSAGE,
        tag="Webhooks", scope=HOOKS, is_write=True, status=201,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, hook_id: UUID) -> Response:
        made = telling.write_test(endpoint=_own(request, hook_id), now=timezone.now())
        return Response(_message(made), status=201)


class MessagesView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation(
        "list_webhook_messages", "What was sent, with each attempt, the newest first", MessageShape, MESSAGE,
        tag="Webhooks", many=True, scope=READ, query=(text("state", "Which.", enum=HookMessage.State.values),),
    )  # fmt: skip
    def get(self, request: Request, hook_id: UUID) -> Response:
        rows = _own(request, hook_id).messages.prefetch_related("log")
        if (state := request.query_params.get("state")) in HookMessage.State.values:
            rows = rows.filter(state=state)
        page = page_of(request, rows, Order("id", F("pk"), whole))
        return Response(page.answer([_message(row) for row in page.rows]))


class RedeliverView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": HOOKS}

    @operation(
        "redeliver_message", "Send a message again, with the same webhook-id", MessageShape, MESSAGE, tag="Webhooks",
        scope=HOOKS, is_write=True,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, hook_id: UUID, message_id: int) -> Response:
        rows = _own(request, hook_id).messages.prefetch_related("log")
        if (found := rows.filter(pk=message_id).first()) is None:
            raise Http404
        sending.redeliver(message=found, now=timezone.now())
        found.refresh_from_db(fields=["state", "next_at"])
        return Response(_message(found))
