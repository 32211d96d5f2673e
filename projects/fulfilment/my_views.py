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
from projects.conflicts import Shown, version_of
from projects.errors import ChangedElsewhere, RewardRefused
from projects.fulfilment.benefits import show_token, thanks_for
from projects.fulfilment.delivering import say_arrived
from projects.fulfilment.extras import links_for
from projects.fulfilment.forms import AddressForm, AnswersForm
from projects.fulfilment.surveys import answer_together, of_one_pledge, still_open, typed_address, typed_answers
from projects.fulfilment.thanks_paper import file_name, thanks_pdf, undrawable
from projects.fulfilment.weaving import HEIGHT, WIDTH, woven_border
from projects.models import Delivery, Reward

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
    asked, said, address = still_open(delivery), typed_answers(delivery), typed_address(delivery)
    sent = request.POST if request.method == "POST" else None
    answers = AnswersForm(sent, deliveries=asked)
    to_send = [one for one in asked if one.reward.needs_address]
    where = AddressForm(sent, initial=address) if to_send else None
    version = version_of((said, address))
    conflict = Shown(answers, said, stamp=version).conflict(request.POST)
    conflict += Shown(AddressForm, address, stamp=version).conflict(request.POST) if where else []
    if sent is not None and not conflict:
        try:
            is_kept = _keep(request, delivery, answers, where, version)
        except ChangedElsewhere:
            return my_reward(request, delivery_id)
        if is_kept:
            messages.success(request, _("Kept. You can change it until the reward is sent."))
            return redirect(request.path)
    context = _around(delivery, asked) | {
        "answers": answers, "address": where, "to_send": to_send, "conflict": conflict, "version": version,
        "asks": bool(answers.fields or where), "is_said": bool(address) or any(one.answered_at for one in asked),
    }  # fmt: skip
    status = 409 if conflict else 200 if sent is None else 422
    return render(request, "projects/rewards/my_reward.html", context, status=status)


def _around(delivery: Delivery, asked: list[Delivery]) -> dict[str, Any]:
    """What the page shows beside the form."""
    return {
        "delivery": delivery, "others": [one for one in of_one_pledge(delivery) if one.pk != delivery.pk],
        "is_closed": bool(not asked and (delivery.reward.needs_address or delivery.reward.questions.all())),
        "steps": list(delivery.steps.all()), "links": links_for(delivery),
        "has_file": not undrawable(delivery),
        "benefits": {benefit.kind: benefit for benefit in delivery.benefits.all()},
    }  # fmt: skip


def _keep(
    request: HttpRequest, delivery: Delivery, answers: AnswersForm, where: AddressForm | None, version: str
) -> bool:
    """Whether it was kept; what refused it stands in the form. Raises ChangedElsewhere."""
    if not all([answers.is_valid(), where is None or where.is_valid()]):
        return False
    try:
        answer_together(
            delivery=delivery, by=signed_in(request), answers=answers.answers(),
            address=where.cleaned_data if where else None, version=version, now=business_now(),
        )  # fmt: skip
    except RewardRefused as error:
        answers.add_error(None, str(error))
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
    benefit = delivery.benefits.get(kind=Reward.Benefit.INFERENCE)
    context = {"delivery": delivery, "token": made, "left": benefit.quota - benefit.used}
    page = render(request, "projects/rewards/token.html", context)
    page["Cache-Control"] = "no-store"
    return page


def _thanked(request: HttpRequest, delivery_id: int) -> Delivery:
    delivery = _own(request, delivery_id)
    if not delivery.benefits.filter(kind=Reward.Benefit.THANKS).exists():
        raise Http404(gettext("There is no note with this reward."))
    return delivery


@login_required
@require_safe
def thanks(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """The thank-you note, to be printed, with a border woven for this reward."""
    delivery = _thanked(request, delivery_id)
    context = {
        "delivery": delivery, "text": thanks_for(delivery), "cells": woven_border(str(delivery.pk)), "width": WIDTH,
        "height": HEIGHT, "undrawable": undrawable(delivery),
    }  # fmt: skip
    return render(request, "projects/rewards/thanks.html", context)


@login_required
@require_safe
def thanks_file(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """The same note as the mail carries it."""
    delivery = _thanked(request, delivery_id)
    if undrawable(delivery):
        raise Http404(_("This note has letters that a PDF of ours cannot draw. Its page has them, and prints."))
    answer = HttpResponse(thanks_pdf(delivery), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{file_name(delivery)}"'
    answer["Cache-Control"] = "private, no-store"
    return answer
