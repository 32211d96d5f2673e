"""What is the caller's own: the account, card pledges, machines, projects."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import F
from django.http import Http404
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from api.models import PersonalToken
from api.rest import examples as ex
from api.rest import shapes
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation
from api.rest.draft_views import NEW, NewProject, create_draft
from api.rest.idempotency import idempotent
from api.rest.paging import Order, moment, page_of
from api.rest.project_facts import as_rows, project_row, site
from api.scopes import PLEDGE, PROJECTS, READ
from clock.services import business_now
from compute_pledges.models import Device
from payments.models import CashPledge
from payments.services.pledging import cancel_pledge
from projects.roles import projects_of
from projects.totals import totals_of

CREATED = Order("created", F("created_at"), moment)


class MeView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation("read_me", "Whose token this is", shapes.Me, ex.ME, tag="Mine", scope=READ)
    def get(self, request: Request) -> Response:
        user, token = caller(request), request.auth
        assert isinstance(token, PersonalToken)
        return Response({"id": user.pk, "name": user.public_name, "scopes": token.scopes, "token": token.name})


def cash_pledge_row(pledge: CashPledge) -> dict[str, Any]:
    """Its backer's view. `pledge.project` is loaded."""
    return {
        "id": pledge.pk, "page": site(pledge.get_absolute_url()), "project": pledge.project.slug,
        "state": pledge.state, "amount_minor": pledge.amount_minor, "tip_minor": pledge.tip_minor,
        "refunded_minor": pledge.refunded_minor, "currency": pledge.currency, "reward": pledge.reward_id,
        "card": pledge.card_label, "is_anonymous": pledge.is_anonymous, "created_at": pledge.created_at,
        "collected_at": pledge.collected_at,
    }  # fmt: skip


def own_cash_pledge(request: Request, pledge_id: UUID) -> CashPledge:
    """Raises Http404."""
    mine = CashPledge.objects.select_related("project").filter(backer=caller(request), pk=pledge_id)
    if (pledge := mine.first()) is None:
        raise Http404
    return pledge


class CashPledgesView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation(
        "list_my_pledges", "My card pledges. New ones are made in a browser, where the card is typed.",
        shapes.CashPledgeShape, ex.CASH_PLEDGE, tag="Mine", many=True, scope=READ,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        mine = CashPledge.objects.select_related("project").filter(backer=caller(request))
        page = page_of(request, mine, CREATED)
        return Response(page.answer([cash_pledge_row(pledge) for pledge in page.rows]))


class CashPledgeView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation(
        "read_my_pledge", "A card pledge of mine", shapes.CashPledgeShape, ex.CASH_PLEDGE, tag="Mine", scope=READ
    )
    def get(self, request: Request, pledge_id: UUID) -> Response:
        return Response(cash_pledge_row(own_cash_pledge(request, pledge_id)))


class CancelPledgeView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": PLEDGE}

    @operation(
        "cancel_my_pledge", "Take a card pledge back before the deadline", shapes.CashPledgeShape, ex.CASH_PLEDGE,
        tag="Mine", scope=PLEDGE, is_write=True,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, pledge_id: UUID) -> Response:
        found = own_cash_pledge(request, pledge_id)
        cancel_pledge(pledge_id=found.pk, now=business_now())
        return Response(cash_pledge_row(own_cash_pledge(request, pledge_id)))


def device_row(device: Device) -> dict[str, Any]:
    """Its owner's view."""
    return {
        "id": device.pk, "page": site(reverse("compute:machine", args=[device.pk])), "name": device.name,
        "gpu": device.catalog_slug, "state": device.state, "quarantine_reason": device.quarantine_reason,
        "is_calibrated": device.is_calibrated, "has_record": device.has_record, "paired_at": device.paired_at,
        "last_seen_at": device.last_seen_at,
    }  # fmt: skip


class DevicesView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation("list_my_devices", "My machines", shapes.DeviceShape, ex.DEVICE, tag="Mine", many=True, scope=READ)
    def get(self, request: Request) -> Response:
        page = page_of(request, caller(request).devices.all(), Order("paired", F("paired_at"), moment))
        return Response(page.answer([device_row(device) for device in page.rows]))


class DeviceView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation("read_my_device", "A machine of mine", shapes.DeviceShape, ex.DEVICE, tag="Mine", scope=READ)
    def get(self, request: Request, device_id: UUID) -> Response:
        device = caller(request).devices.filter(pk=device_id).first()
        if device is None:
            raise Http404
        return Response(device_row(device))


class MyProjectsView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "post": PROJECTS}

    @operation(
        "list_my_projects", "Projects that I created or work on", shapes.ProjectRow, ex.PROJECT, tag="Mine",
        many=True, scope=READ,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        page = page_of(request, as_rows(projects_of(caller(request))), CREATED)
        totals = totals_of(page.rows)
        return Response(page.answer([project_row(project, totals[project.pk]) for project in page.rows]))

    @operation(
        "create_project", "Begin a draft", shapes.ProjectRow, ex.PROJECT, tag="Creating", scope=PROJECTS, is_write=True,
        body=NewProject, body_example=NEW, status=201,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request) -> Response:
        return create_draft(request)
