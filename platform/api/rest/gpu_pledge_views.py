"""The caller's pledges of GPU time: read, made, withdrawn."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers as s
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest import examples as ex
from api.rest import shapes
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation
from api.rest.idempotency import client_token, idempotent
from api.rest.my_views import CREATED
from api.rest.paging import page_of
from api.rest.project_facts import site
from api.scopes import PLEDGE, READ
from clock.services import business_now
from compute_pledges.catalog import CATALOG
from compute_pledges.models import ComputePledge, Device
from compute_pledges.schedule.slots import ScheduleError, parse_hours_of_week
from compute_pledges.selectors import Figures, figures_of
from compute_pledges.services.pledges import Week, create_pledge, withdraw_pledge
from projects.fields import TIME_ZONES
from projects.models import Project, Reward
from values.gpu_time import MICROSECONDS_PER_HOUR

MOST_US = 100_000 * MICROSECONDS_PER_HOUR


class NewGpuPledge(s.Serializer[Any]):
    """What a promise of GPU time says."""

    project = s.SlugField(max_length=80)
    gpu = s.ChoiceField(sorted(CATALOG), help_text=_("A slug of the catalog. A paired machine says what it is itself."))
    pledged_us = s.IntegerField(min_value=1, max_value=MOST_US, help_text=_("Device microseconds."))
    hours = s.CharField(max_length=400, help_text=_("Hours of the week, for example `Mon-Fri 18-24; Sat-Sun 10-24`."))
    time_zone = s.CharField(max_length=64, default="UTC", help_text=_("An IANA name."))
    device = s.UUIDField(required=False, allow_null=True, help_text=_("One of your machines."))
    reward = s.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**63 - 1)
    on_failure = s.ChoiceField(ComputePledge.OnFailure.choices, default=ComputePledge.OnFailure.RETURN)

    def validate_hours(self, value: str) -> frozenset[int]:
        """As slots of the week."""
        try:
            slots = parse_hours_of_week(value)
        except ScheduleError as error:
            raise s.ValidationError(str(error)) from error
        if not slots:
            raise s.ValidationError(gettext("Choose at least one hour of the week."))
        return frozenset(slots)

    def validate_time_zone(self, value: str) -> str:
        """A zone that clocks know."""
        if value not in TIME_ZONES:
            raise s.ValidationError(gettext("There is no such time zone. Write for example Europe/Berlin."))
        return value


def gpu_pledge_row(pledge: ComputePledge, figures: Figures) -> dict[str, Any]:
    """Its backer's view. `pledge.project` is loaded."""
    return {
        "id": pledge.pk, "page": site(reverse("compute:pledge_detail", args=[pledge.pk])),
        "project": pledge.project.slug, "state": pledge.state, "gpu": pledge.catalog_slug, "device": pledge.device_id,
        "pledged_us": pledge.pledged_us, "hours_per_week": pledge.hours_per_week,
        "counted_h100_us": pledge.counted_h100_us, "reported_us": figures.delivered_us,
        "verified_us": figures.verified_us, "settled_us": figures.settled_us, "rejected_us": figures.rejected_us,
        "reversed_us": figures.reversed_us, "reward": pledge.reward_id, "created_at": pledge.created_at,
        "ended_at": pledge.ended_at, "end_reason": pledge.end_reason,
    }  # fmt: skip


def _own(request: Request, pledge_id: UUID) -> ComputePledge:
    mine = ComputePledge.objects.select_related("project").filter(backer=caller(request), pk=pledge_id)
    if (pledge := mine.first()) is None:
        raise Http404
    return pledge


def _answer(pledge: ComputePledge, status: int = 200) -> Response:
    return Response(gpu_pledge_row(pledge, figures_of([pledge])[pledge.pk]), status=status)


class GpuPledgesView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "post": PLEDGE}

    @operation(
        "list_my_gpu_pledges", "My pledges of GPU time with what was delivered and verified", shapes.GpuPledgeShape,
        ex.GPU_PLEDGE, tag="Mine", many=True, scope=READ,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        mine = ComputePledge.objects.select_related("project").filter(backer=caller(request))
        page = page_of(request, mine, CREATED)
        figures = figures_of(page.rows)
        return Response(page.answer([gpu_pledge_row(pledge, figures[pledge.pk]) for pledge in page.rows]))

    @operation(
        "create_my_gpu_pledge", "Promise GPU time to a project", shapes.GpuPledgeShape, ex.GPU_PLEDGE, tag="Mine",
        scope=PLEDGE, is_write=True, body=NewGpuPledge, body_example=ex.NEW_GPU_PLEDGE, status=201,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request) -> Response:
        form = NewGpuPledge(data=request.data)
        form.is_valid(raise_exception=True)
        data, user = form.validated_data, caller(request)
        made = create_pledge(
            project=_project(data["project"]), backer=user, catalog_slug=data["gpu"], pledged_us=data["pledged_us"],
            hours_per_week=len(data["hours"]), device=_device(user.pk, data.get("device")),
            reward=_reward(data.get("reward")), client_token=client_token(request), now=business_now(),
            week=Week(data["hours"], data["time_zone"]), on_failure=data["on_failure"],
        )  # fmt: skip
        return _answer(_own(request, made.pk), status=201)


class GpuPledgeView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation(
        "read_my_gpu_pledge", "A pledge of GPU time of mine", shapes.GpuPledgeShape, ex.GPU_PLEDGE, tag="Mine",
        scope=READ,
    )  # fmt: skip
    def get(self, request: Request, pledge_id: UUID) -> Response:
        return _answer(_own(request, pledge_id))


class WithdrawView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": PLEDGE}

    @operation(
        "withdraw_my_gpu_pledge", "Take a pledge of GPU time back", shapes.GpuPledgeShape, ex.GPU_PLEDGE, tag="Mine",
        scope=PLEDGE, is_write=True,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, pledge_id: UUID) -> Response:
        withdraw_pledge(pledge=_own(request, pledge_id), now=business_now())
        return _answer(_own(request, pledge_id))


def _project(slug: str) -> Project:
    found = Project.objects.public().filter(slug=slug).first()
    if found is None:
        raise ValidationError({"project": "There is no such project."})
    return found


def _device(owner_id: int, pk: UUID | None) -> Device | None:
    if pk is None:
        return None
    found = Device.objects.filter(owner_id=owner_id, pk=pk).first()
    if found is None:
        raise ValidationError({"device": "You have no such machine."})
    return found


def _reward(pk: int | None) -> Reward | None:
    if pk is None:
        return None
    found = Reward.objects.filter(pk=pk, threshold_gpu_us__isnull=False).first()
    if found is None:
        raise ValidationError({"reward": "There is no such reward for GPU time."})
    return found
