"""Where a team delivers: the board, one delivery, and its exports."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.current import signed_in
from clock.services import business_now
from projects.creating_views import own_project
from projects.errors import RewardRefused
from projects.fulfilment.asking import read_address, read_addresses
from projects.fulfilment.delivering import move_deliveries
from projects.fulfilment.forms import MoveForm
from projects.fulfilment.reading import answer_rows, board_of, counts_of
from projects.models import Delivery, DeliveryAddress, Project
from values.csv_lines import csv_lines

A_PAGE = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def deliveries(request: HttpRequest, slug: str) -> HttpResponse:
    """What is owed, filtered; many are moved at once."""
    project = own_project(request, slug, "deliver")
    form = MoveForm(request.POST or None)
    if form.is_bound and form.is_valid():
        ids = [int(text) for text in request.POST.getlist("delivery") if text.isdecimal() and len(text) < 19]
        if _move(request, project, ids, form):
            return redirect(request.get_full_path())
    asked = {name: request.GET.get(name, "") for name in ("state", "reward", "word")}
    reward = int(asked["reward"]) if asked["reward"].isdecimal() and len(asked["reward"]) < 19 else 0
    rows = board_of(project, state=asked["state"], reward=reward, word=asked["word"])
    context = {
        "project": project, "form": form, "asked": asked, "counts": counts_of(project),
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")), "rewards": list(project.rewards.all()),
        "states": Delivery.State.choices,
    }  # fmt: skip
    return render(request, "projects/rewards/deliveries.html", context, status=422 if form.is_bound else 200)


def _move(request: HttpRequest, project: Project, ids: list[int], form: MoveForm) -> bool:
    if not ids:
        form.add_error(None, _("Mark the deliveries that this is about."))
        return False
    try:
        moved = move_deliveries(
            project=project, by=signed_in(request), delivery_ids=ids, now=business_now(), **form.cleaned_data
        )
    except RewardRefused as error:
        form.add_error(None, str(error))
        return False
    words = ngettext(
        "%(moved)s delivery changed. Its backer is told.",
        "%(moved)s deliveries changed. Their backers are told.",
        moved,
    )
    messages.success(request, words % {"moved": moved})
    return True


def _page(request: HttpRequest, project: Project, delivery: Delivery, **more: Any) -> HttpResponse:
    questions = [(row, delivery.answers.get(str(row.pk), "")) for row in delivery.reward.questions.all()]
    form = more.pop("form", None) or MoveForm(initial={"target": delivery.state, "note": delivery.note})
    context = {
        "project": project, "delivery": delivery, "answers": questions, "form": form,
        "steps": list(delivery.steps.select_related("actor")), "has_address": hasattr(delivery, "address"), **more,
    }  # fmt: skip
    return render(request, "projects/rewards/delivery.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delivery(request: HttpRequest, slug: str, delivery_id: int) -> HttpResponse:
    """One delivery with its answers and steps. The address shows on request, which is kept."""
    project = own_project(request, slug, "deliver")
    rows = Delivery.objects.select_related("reward", "person", "project", "address")
    found = get_object_or_404(rows, project=project, pk=delivery_id)
    if request.POST.get("part") == "address":
        return _page(
            request, project, found, address=read_address(delivery=found, by=signed_in(request), now=business_now())
        )
    if request.method != "POST":
        return _page(request, project, found)
    form = MoveForm(request.POST)
    if form.is_valid() and _move(request, project, [found.pk], form):
        return redirect(request.path)
    return _page(request, project, found, form=form)


@login_required
@require_safe
def answers_file(request: HttpRequest, slug: str) -> HttpResponseBase:
    """All answers as CSV, without addresses."""
    project = own_project(request, slug, "deliver")
    labels, rows = answer_rows(project)
    return _csv(csv_lines(labels, rows), f"{project.slug}-rewards.csv")


@login_required
@require_POST
def addresses_file(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The addresses that something still goes to, as CSV; that they were read is kept."""
    project = own_project(request, slug, "deliver")
    found = read_addresses(project=project, by=signed_in(request), now=business_now())
    labels = ["delivery", "reward", "quantity", "name", "street", "postcode", "town", "country"]
    rows = [[*_parcel(one.delivery), one.name, " / ".join(one.lines.splitlines()), *_town(one)] for one in found]
    return _csv(csv_lines(labels, rows), f"{project.slug}-addresses.csv")


def _parcel(delivery: Delivery) -> list[object]:
    return [delivery.pk, delivery.reward.title, delivery.quantity]


def _town(address: DeliveryAddress) -> list[object]:
    return [address.postcode, address.city, address.country]


def _csv(lines: Any, name: str) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer
