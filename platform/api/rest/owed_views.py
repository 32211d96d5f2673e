"""A backer's rewards over the API: what is asked, where to send, whether it is here, a token for inference."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import F
from django.http import Http404
from django.urls import reverse
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest.asking import body_of, judged, typed
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation
from api.rest.idempotency import idempotent
from api.rest.paging import Order, page_of, whole
from api.rest.project_facts import site
from api.rest.reward_views import ADDRESS, AddressShape, QuestionShape
from api.scopes import COMMUNITY, READ
from clock.services import business_now
from projects.fulfilment.asking import LONGEST_ANSWER, answer, give_address, lacks
from projects.fulfilment.benefits import show_token
from projects.fulfilment.delivering import say_arrived
from projects.fulfilment.forms import AddressForm
from projects.models import Delivery, RewardQuestion


class OwedShape(s.Serializer[Any]):
    id = s.IntegerField()
    page = s.CharField()
    project = s.CharField()
    reward = s.CharField()
    quantity = s.IntegerField()
    state = s.ChoiceField(Delivery.State.choices)
    note = s.CharField(help_text="What the team says.")
    word = s.ChoiceField(Delivery.Word.choices)
    promised_on = s.DateField(allow_null=True)
    delivered_at = s.DateTimeField(allow_null=True)


class OwedWhole(OwedShape):
    questions = QuestionShape(many=True)
    answers = s.DictField(child=s.CharField(), help_text="By the question's id.")
    lacks = s.ListField(child=s.ChoiceField(["answers", "address"]), help_text="What you have not said yet.")
    benefits = s.ListField(child=s.CharField())


class Answers(s.Serializer[Any]):
    answers = s.DictField(child=s.CharField(max_length=LONGEST_ANSWER, allow_blank=True))


class NewAddress(AddressShape):
    postcode = s.CharField(max_length=20, required=False, default="", allow_blank=True)


class Arrived(s.Serializer[Any]):
    word = s.ChoiceField(Delivery.Word.choices, allow_blank=True)


class InferenceToken(s.Serializer[Any]):
    token = s.CharField(help_text="Shown this once; the one before ends.")


OWED = {
    "id": 77, "page": "https://commonweave.example/my/rewards/77/", "project": "pocket-python", "reward": "A shirt",
    "quantity": 1, "state": "todo", "note": "", "word": "", "promised_on": "2027-03-01", "delivered_at": None,
}  # fmt: skip
WHOLE = {
    **OWED, "questions": [{"id": 8, "text": "Which size?", "choices": ["S", "M"], "is_required": True}],
    "answers": {}, "lacks": ["answers", "address"], "benefits": ["thanks"],
}  # fmt: skip


def _row(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.pk, "page": site(reverse("projects:my_reward", args=[delivery.pk])),
        "project": delivery.project.slug, "reward": delivery.reward.title, "quantity": delivery.quantity,
        "state": delivery.state, "note": delivery.note, "word": delivery.word, "promised_on": delivery.promised_on,
        "delivered_at": delivery.delivered_at,
    }  # fmt: skip


def _own(request: Request, delivery_id: int) -> Delivery:
    mine = Delivery.objects.filter(person=caller(request)).select_related("reward", "project", "person")
    if (found := mine.filter(pk=delivery_id).first()) is None:
        raise Http404
    return found


def _whole(request: Request, delivery_id: int) -> Response:
    found = _own(request, delivery_id)
    asked = RewardQuestion.objects.filter(reward=found.reward_id).values("id", "text", "choices", "is_required")
    kinds = list(found.benefits.values_list("kind", flat=True))
    return Response({
        **_row(found), "questions": list(asked), "answers": found.answers, "lacks": lacks(found), "benefits": kinds,
    })  # fmt: skip


class OwedListView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation("list_my_rewards", "Rewards that I am owed or have", OwedShape, OWED, tag="Mine", many=True, scope=READ)
    def get(self, request: Request) -> Response:
        mine = Delivery.objects.filter(person=caller(request)).select_related("reward", "project")
        page = page_of(request, mine, Order("id", F("pk"), whole))
        return Response(page.answer([_row(row) for row in page.rows]))


class OwedView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ}

    @operation("read_my_reward", "A reward of mine with what is asked", OwedWhole, WHOLE, tag="Mine", scope=READ)
    def get(self, request: Request, delivery_id: int) -> Response:
        return _whole(request, delivery_id)


class AnswersView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"put": COMMUNITY}

    @operation(
        "answer_my_reward", "Answer the team's questions; they may change until it is sent", OwedWhole, WHOLE,
        tag="Mine", scope=COMMUNITY, is_write=True, body=Answers, body_example={"answers": {"8": "M"}},
    )  # fmt: skip
    @idempotent
    def put(self, request: Request, delivery_id: int) -> Response:
        found, asked = _own(request, delivery_id), body_of(request, Answers)
        answer(delivery=found, by=caller(request), answers=asked["answers"], now=business_now())
        return _whole(request, delivery_id)


class AddressView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"put": COMMUNITY}

    @operation(
        "give_my_address", "Say where a reward is to be sent", OwedWhole, WHOLE, tag="Mine", scope=COMMUNITY,
        is_write=True, body=NewAddress, body_example=ADDRESS,
    )  # fmt: skip
    @idempotent
    def put(self, request: Request, delivery_id: int) -> Response:
        found, asked = _own(request, delivery_id), body_of(request, NewAddress)
        form = judged(AddressForm(typed(asked, AddressForm.base_fields)))
        give_address(delivery=found, by=caller(request), address=form.cleaned_data, now=business_now())
        return _whole(request, delivery_id)


class ArrivedView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": COMMUNITY}

    @operation(
        "say_arrived", "Say that a reward is here, or has not arrived; empty takes it back", OwedWhole, WHOLE,
        tag="Mine", scope=COMMUNITY, is_write=True, body=Arrived, body_example={"word": "got"},
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, delivery_id: int) -> Response:
        found, word = _own(request, delivery_id), body_of(request, Arrived)["word"]
        say_arrived(delivery=found, by=caller(request), word=word, now=business_now())
        return _whole(request, delivery_id)


class InferenceTokenView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": COMMUNITY}

    # Without an Idempotency-Key: the answer would keep the secret.
    @operation(
        "show_inference_token", "A new token for inference with what is left of the quota", InferenceToken,
        {"token": "cwi_one-that-is-shown-once"}, tag="Mine", scope=COMMUNITY, problems=(409, 415),
    )  # fmt: skip
    def post(self, request: Request, delivery_id: int) -> Response:
        made = Response({"token": show_token(delivery=_own(request, delivery_id), by=caller(request))})
        made["Cache-Control"] = "no-store"
        return made
