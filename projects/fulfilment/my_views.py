"""A backer's rewards: what is asked, what comes, whether it is here, and what is there by itself."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.current import signed_in
from clock.services import business_now
from projects.errors import RewardRefused
from projects.fulfilment.asking import answer, give_address, lacks
from projects.fulfilment.benefits import show_token, thanks_for
from projects.fulfilment.delivering import say_arrived
from projects.fulfilment.extras import links_for
from projects.fulfilment.forms import AddressForm, AnswersForm
from projects.fulfilment.weaving import HEIGHT, WIDTH, woven_border
from projects.models import Delivery, DeliveryAddress, Reward

A_PAGE = 30


def _own(request: HttpRequest, delivery_id: int) -> Delivery:
    rows = Delivery.objects.select_related("reward", "project__creator", "person").filter(person=signed_in(request))
    return get_object_or_404(rows, pk=delivery_id)


@login_required
@require_safe
def my_rewards(request: HttpRequest) -> HttpResponse:
    """Everything that is owed to the person, or was."""
    rows = Delivery.objects.filter(person=signed_in(request)).select_related("reward", "project").order_by("-pk")
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "projects/rewards/mine.html", {"page": page})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def my_reward(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """One of them, with the team's questions."""
    delivery = _own(request, delivery_id)
    part, questions = request.POST.get("part", ""), list(delivery.reward.questions.all())
    address = DeliveryAddress.objects.filter(delivery=delivery).first()
    kept = {name: getattr(address, name) for name in AddressForm.base_fields} if address else {}
    forms: dict[str, Any] = {
        "answers": AnswersForm(request.POST if part == "answers" else None, questions=questions, delivery=delivery),
        "address": AddressForm(request.POST if part == "address" else None, initial=kept),
    }
    if part in forms and forms[part].is_valid() and _keep(request, delivery, part, forms[part]):
        messages.success(request, _("Kept. You can change it until the reward is sent."))
        return redirect(request.path)
    context = {
        "delivery": delivery, "forms": forms, "has_questions": bool(questions), "lacks": lacks(delivery),
        "may_say": delivery.state in ("todo", "in_work"), "steps": list(delivery.steps.all()),
        "benefits": {benefit.kind: benefit for benefit in delivery.benefits.all()},
        "links": links_for(delivery), "is_addressed": address is not None,
    }  # fmt: skip
    return render(request, "projects/rewards/my_reward.html", context, status=422 if part else 200)


def _keep(request: HttpRequest, delivery: Delivery, part: str, form: Any) -> bool:
    by, now = signed_in(request), business_now()
    try:
        if part == "answers":
            answer(delivery=delivery, by=by, answers=form.answers(), now=now)
        else:
            give_address(delivery=delivery, by=by, address=form.cleaned_data, now=now)
    except RewardRefused as error:
        form.add_error(None, str(error))
        return False
    return True


@login_required
@require_POST
def arrived(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """It is here, it is not, or neither was meant."""
    delivery = _own(request, delivery_id)
    try:
        say_arrived(delivery=delivery, by=signed_in(request), word=request.POST.get("word", ""), now=business_now())
    except RewardRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Thank you. The team sees it."))
    return redirect("projects:my_reward", delivery_id)


@login_required
@require_POST
def token(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """A token for inference, shown on this one page."""
    delivery = _own(request, delivery_id)
    try:
        made = show_token(delivery=delivery, by=signed_in(request))
    except RewardRefused as error:
        messages.error(request, str(error))
        return redirect("projects:my_reward", delivery_id)
    page = render(request, "projects/rewards/token.html", {"delivery": delivery, "token": made})
    page["Cache-Control"] = "no-store"
    return page


@login_required
@require_safe
def thanks(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """The thank-you note, to be printed, with a border woven for this reward."""
    delivery = _own(request, delivery_id)
    if not delivery.benefits.filter(kind=Reward.Benefit.THANKS).exists():
        raise Http404(gettext("There is no note with this reward."))
    context = {
        "delivery": delivery, "text": thanks_for(delivery), "cells": woven_border(str(delivery.pk)), "width": WIDTH,
        "height": HEIGHT,
    }  # fmt: skip
    return render(request, "projects/rewards/thanks.html", context)
