"""What hours are worth and what of them can count, while they are typed: on the pledge's page, and alone to refresh."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from accounts.current import signed_in
from accounts.limits import is_within_limit
from clock.services import business_now
from compute_pledges.catalog import CATALOG
from compute_pledges.estimates import Estimate, estimate
from compute_pledges.matching.supply import runs_that_fit
from compute_pledges.models import Device
from compute_pledges.preview import preview_of
from compute_pledges.schedule.holding import is_zone
from compute_pledges.schedule.slots import WEEK, ScheduleError, parse_hours_of_week
from compute_pledges.services.pledges import Week
from compute_pledges.web.pledge_forms import USUAL_HOURS
from projects.models import Project
from values.gpu_time import GpuTimeError, parse_hours

ESTIMATES_AN_HOUR = 1500
# What a kilowatt-hour costs a household, until the volunteer says another figure.
USUAL_PRICE = "0.30"


@login_required
@require_safe
def pledge_estimate(request: HttpRequest) -> HttpResponse:
    """The estimate alone, for the form to refresh."""
    if not is_within_limit(user=signed_in(request), action="gpu_estimate", most=ESTIMATES_AN_HOUR, seconds=3600):
        context = {"estimate_error": gettext("Estimates are asked for often. Wait a little; the form works without.")}
        return render(request, "compute/_estimate.html", context, status=429)
    slug = request.GET.get("project", "")
    project = get_object_or_404(Project.objects.public(), slug=slug) if slug else None
    return render(request, "compute/_estimate.html", estimate_of(request, project))


def estimate_of(request: HttpRequest, project: Project | None) -> dict[str, Any]:
    """Context of the estimate: of what is typed so far, with a preview where the project is known."""
    given = request.POST if request.method == "POST" else request.GET
    model = CATALOG.get(given.get("catalog_slug", "h100-sxm"))
    device = None
    if request.user.is_authenticated and (pk := uuid_of(given.get("device", ""))):
        device = Device.objects.select_related("report").filter(pk=pk, owner=request.user).first()
    try:
        device_us = parse_hours(given.get("pledged_us") or "1")
    except GpuTimeError as error:
        return {"estimate_error": str(error)}
    if model is None:
        return {"estimate_error": gettext("Choose a GPU model from the list.")}
    week = _week(given, device)
    found = estimate(model=model, device_us=device_us, device=device, hours_per_week=len(week.slots))
    context = {
        "is_example": not given.get("pledged_us"),
        "estimate": found,
        "runs": runs_that_fit(memory_bytes=found.memory_bytes),
    } | _energy_cost(given, found)
    if project is not None and week.slots and given.get("pledged_us"):
        context["preview"] = preview_of(
            project=project, user_id=request.user.pk, device=device, memory_bytes=found.memory_bytes,
            pledged_us=device_us, week=week, now=business_now(),
        )  # fmt: skip
    return context


def _week(given: QueryDict, device: Device | None) -> Week:
    """Of what is typed so far; the usual hours before anything is. A machine has its own clock."""
    zone = (device.time_zone if device else "") or given.get("time_zone", "")
    zone = zone if is_zone(zone) else "UTC"
    try:
        text = given.get("hours_text", "") or ("" if "slots" in given else USUAL_HOURS)
        if text:
            return Week(parse_hours_of_week(text), zone)
    except ScheduleError:
        return Week(frozenset(), zone)
    typed = (slot for slot in given.getlist("slots") if slot.isdecimal() and len(slot) <= 3 and int(slot) < WEEK)
    return Week(frozenset(int(slot) for slot in typed), zone)


def _energy_cost(given: QueryDict, found: Estimate) -> dict[str, str]:
    text = given.get("kwh_price", "").strip().replace(",", ".")[:8]
    try:
        price = Decimal(text or USUAL_PRICE)
    except ArithmeticError:
        price = Decimal(USUAL_PRICE)
    if not price.is_finite() or price < 0:
        price = Decimal(USUAL_PRICE)
    return {"kwh_price": f"{price:f}", "energy_cost": found.cost(price)}


def uuid_of(text: str) -> UUID | None:
    """None where it is no UUID."""
    try:
        return UUID(text)
    except ValueError:
        return None
