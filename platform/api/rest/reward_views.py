"""Rewards: read by everyone; described, asked about and delivered by the team."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db.models import F
from django.http import Http404
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest import examples as ex
from api.rest import shapes
from api.rest.asking import MOST_NUMBER, body_of, own_project, version_field
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.document import operation, text
from api.rest.idempotency import idempotent
from api.rest.paging import Order, page_of, whole
from api.rest.project_facts import person, reward_row
from api.rest.project_views import public_project
from api.scopes import PROJECTS, READ
from clock.services import business_now
from projects.conflicts import version_of
from projects.fields import readable
from projects.fulfilment.asking import read_address
from projects.fulfilment.delivering import LONGEST_NOTE, SAID, move_deliveries
from projects.fulfilment.offering import (
    MOST_QUESTIONS,
    Details,
    Question,
    ask_questions,
    describe_reward,
    typed_details,
    typed_questions,
)
from projects.fulfilment.reading import board_of
from projects.models import Delivery, Project, Reward

FIRST_TO_LAST = Order("number", F("pk"), whole, is_descending=False)


class DetailsBody(s.Serializer[Any]):
    version = version_field()
    available_until = s.DateTimeField(required=False, allow_null=True)
    delivers_on = s.DateField(required=False, allow_null=True, help_text="Any day of the month of delivery.")
    needs_address = s.BooleanField(required=False)
    benefits = s.ListField(child=s.ChoiceField(Reward.Benefit.choices), required=False, max_length=8)
    inference_quota = s.IntegerField(required=False, min_value=0, max_value=10**9)
    thanks_text = s.CharField(required=False, max_length=1000, allow_blank=True)
    pool = s.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_NUMBER)


class OwnRewardShape(shapes.RewardShape):
    """As its team sees it."""

    version = s.CharField(help_text="Of the details; send it back with a change.")
    inference_quota = s.IntegerField()
    thanks_text = s.CharField()


class QuestionShape(s.Serializer[Any]):
    id = s.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_NUMBER)
    text = s.CharField(max_length=200, validators=[readable])
    choices = s.ListField(child=s.CharField(max_length=80), required=False, default=list, max_length=20)
    is_required = s.BooleanField(default=True)


class QuestionsChange(s.Serializer[Any]):
    version = s.CharField(
        required=False, default="", max_length=16, allow_blank=True, help_text="As it was read. Changed since: 409."
    )
    questions = s.ListField(child=QuestionShape(), max_length=MOST_QUESTIONS)


class Questions(s.Serializer[Any]):
    version = s.CharField(help_text="Send it back with a change, so that nobody's words are written over.")
    questions = s.ListField(child=QuestionShape(), max_length=MOST_QUESTIONS)


class DeliveryShape(s.Serializer[Any]):
    id = s.IntegerField()
    reward = s.IntegerField()
    quantity = s.IntegerField()
    backer = shapes.Person()
    state = s.ChoiceField(Delivery.State.choices)
    note = s.CharField()
    word = s.ChoiceField(Delivery.Word.choices, help_text="What its backer says: got, missing or nothing yet.")
    promised_on = s.DateField(allow_null=True)
    delivered_at = s.DateTimeField(allow_null=True)
    answers = s.DictField(child=s.CharField(), help_text="By the question's id.")
    has_address = s.BooleanField(help_text="Read it by itself: each reading is kept.")


class Move(s.Serializer[Any]):
    deliveries = s.ListField(child=s.IntegerField(min_value=1, max_value=MOST_NUMBER), min_length=1, max_length=500)
    target = s.ChoiceField([(str(state), state.label) for state in SAID])
    note = s.CharField(max_length=LONGEST_NOTE, required=False, default="", allow_blank=True)


class AddressShape(s.Serializer[Any]):
    name = s.CharField()
    lines = s.CharField()
    postcode = s.CharField()
    city = s.CharField()
    country = s.CharField()


_DETAILS = {"version": "0f3a9c1d77e24b10", "delivers_on": "2027-03-01", "benefits": ["card_name"]}
OWN_REWARD = {**ex.REWARD, "version": _DETAILS["version"], "inference_quota": 0, "thanks_text": ""}
_NAMES = ("available_until", "delivers_on", "needs_address", "benefits", "inference_quota", "thanks_text", "pool")
DETAILS_CONFLICT = {
    "version": "77e24b100f3a9c1d", "sent": _DETAILS,
    "saved": {name: OWN_REWARD[name] for name in _NAMES} | {"delivers_on": "2027-04-01"},
}  # fmt: skip
_QUESTION = {"id": 8, "text": "Which size?", "choices": ["S", "M", "L"], "is_required": True}
QUESTIONS = {"version": "0f3a9c1d77e24b10", "questions": [_QUESTION]}
CONFLICT = {"version": "77e24b100f3a9c1d", "saved": {"questions": [_QUESTION]}, "sent": QUESTIONS}
DELIVERY = {
    "id": 77, "reward": 31, "quantity": 1, "backer": {"id": 9, "name": "Lin"}, "state": "todo", "note": "", "word": "",
    "promised_on": "2027-03-01", "delivered_at": None, "answers": {"8": "M"}, "has_address": True,
}  # fmt: skip
MOVE = {"deliveries": [77, 78], "target": "sent", "note": "Tracking number 1Z999."}
ADDRESS = {"name": "Lin Weaver", "lines": "Loom Street 4", "postcode": "10115", "city": "Berlin", "country": "DE"}


class RewardsView(ApiView):
    @operation("list_rewards", "Rewards of a project", shapes.RewardShape, ex.REWARD, tag="Projects", many=True)
    def get(self, request: Request, slug: str) -> Response:
        rows = public_project(slug).rewards.select_related("image", "project")
        page = page_of(request, rows.defer("image__content", "project__story_html"), FIRST_TO_LAST)
        return Response(page.answer([reward_row(reward) for reward in page.rows]))


def own_reward(request: Request, slug: str, reward_id: int) -> Reward:
    """A reward that the caller may change. Raises Http404."""
    project = own_project(request, slug, "edit")
    if (reward := project.rewards.filter(pk=reward_id).first()) is None:
        raise Http404
    return reward


def _own_row(reward: Reward) -> dict[str, Any]:
    return {
        **reward_row(reward), "version": version_of(typed_details(reward)), "inference_quota": reward.inference_quota,
        "thanks_text": reward.thanks_text,
    }  # fmt: skip


class RewardView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "patch": PROJECTS}

    def saved_as(self, saved: Any) -> Any:
        """With the times of the project's zone as moments, and the month by its first day."""
        found, project = dict(saved), Project.objects.only("time_zone").get(slug=self.kwargs["slug"])
        if until := found["available_until"]:
            found["available_until"] = until.replace(tzinfo=ZoneInfo(project.time_zone))
        found["delivers_on"] = f"{found['delivers_on']}-01" if found["delivers_on"] else None
        return found | {"inference_quota": found["inference_quota"] or 0}

    @operation(
        "read_own_reward", "A reward as its team sees it", OwnRewardShape, OWN_REWARD, tag="Creating", scope=READ
    )
    def get(self, request: Request, slug: str, reward_id: int) -> Response:
        return Response(_own_row(own_reward(request, slug, reward_id)))

    @operation(
        "describe_reward", "Change a reward's details; what backers rely on only grows", OwnRewardShape, OWN_REWARD,
        tag="Creating", scope=PROJECTS, is_write=True, body=DetailsBody, body_example=_DETAILS,
        conflict=DETAILS_CONFLICT,
    )  # fmt: skip
    @idempotent
    def patch(self, request: Request, slug: str, reward_id: int) -> Response:
        reward, asked = own_reward(request, slug, reward_id), body_of(request, DetailsBody)
        pool = asked.pop("pool", reward.pool_id)
        if pool is not None and not reward.project.stock_pools.filter(pk=pool).exists():
            raise s.ValidationError({"pool": "The project has no such shared stock."})
        kept = {name: asked.get(name, getattr(reward, name)) for name in _NAMES if name != "pool"}
        kept["delivers_on"] = kept["delivers_on"] and kept["delivers_on"].replace(day=1)
        details = Details(**kept, pool_id=pool)
        done = describe_reward(
            reward_id=reward.pk, by=caller(request), details=details, version=asked["version"]
        )  # fmt: skip
        return Response(_own_row(done))


class QuestionsView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "put": PROJECTS}

    def saved_as(self, saved: Any) -> Any:
        rows = [
            {"id": row["pk"], "text": row["text"], "choices": row["choices"].splitlines(),
             "is_required": not row["is_optional"]}
            for row in saved
        ]  # fmt: skip
        return {"questions": rows}

    @operation("read_questions", "What a reward's backers are asked", Questions, QUESTIONS, tag="Creating", scope=READ)
    def get(self, request: Request, slug: str, reward_id: int) -> Response:
        return _asked(own_reward(request, slug, reward_id))

    @operation(
        "ask_questions", "Replace the questions, in this order", Questions, QUESTIONS, tag="Creating", scope=PROJECTS,
        is_write=True, body=QuestionsChange, body_example=QUESTIONS, conflict=CONFLICT,
    )  # fmt: skip
    @idempotent
    def put(self, request: Request, slug: str, reward_id: int) -> Response:
        reward, asked = own_reward(request, slug, reward_id), body_of(request, QuestionsChange)
        questions = [
            Question(row["text"], row["choices"], row["is_required"], row.get("id")) for row in asked["questions"]
        ]
        ask_questions(reward_id=reward.pk, by=caller(request), questions=questions, version=asked["version"] or None)
        return _asked(reward)


def _asked(reward: Reward) -> Response:
    rows = reward.questions.values("id", "text", "choices", "is_required")
    return Response({"version": version_of(typed_questions(reward)), "questions": list(rows)})


def delivery_row(delivery: Delivery) -> dict[str, Any]:
    """The team's view. Its person is loaded, and its address where there is one."""
    return {
        "id": delivery.pk, "reward": delivery.reward_id, "quantity": delivery.quantity,
        "backer": person(delivery.person), "state": delivery.state,
        "note": delivery.note, "word": delivery.word, "promised_on": delivery.promised_on,
        "delivered_at": delivery.delivered_at, "answers": delivery.answers, "has_address": hasattr(delivery, "address"),
    }  # fmt: skip


class DeliveriesView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "post": PROJECTS}

    @operation(
        "list_deliveries", "What a project's backers are owed", DeliveryShape, DELIVERY, tag="Creating", many=True,
        scope=READ,
        query=(
            text("state", "One state, or owed.", enum=["owed", *Delivery.State.values]),
            text("reward", "Number of a reward.", pattern="^[0-9]{1,18}$"),
            text("word", "What the backer says.", enum=["got", "missing"]),
        ),
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        project, asked = own_project(request, slug, "deliver"), request.query_params
        number = asked.get("reward", "")
        reward = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
        rows = board_of(project, state=asked.get("state", ""), reward=reward, word=asked.get("word", ""))
        page = page_of(request, rows, FIRST_TO_LAST)
        return Response(page.answer([delivery_row(row) for row in page.rows]))

    @operation(
        "move_deliveries", "Say that rewards are in work, sent or delivered; their backers are told",
        shapes.CountShape, ex.COUNT, tag="Creating", scope=PROJECTS, is_write=True, body=Move, body_example=MOVE,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        project, asked = own_project(request, slug, "deliver"), body_of(request, Move)
        moved = move_deliveries(
            project=project, by=caller(request), delivery_ids=asked["deliveries"], target=asked["target"],
            note=asked["note"], now=business_now(),
        )  # fmt: skip
        return Response({"count": moved})


class DeliveryAddressView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"post": PROJECTS}

    @operation(
        "read_address", "Where a reward is to be sent; that it was read, and by whom, is kept", AddressShape, ADDRESS,
        tag="Creating", scope=PROJECTS, problems=(409, 415),
    )  # fmt: skip
    def post(self, request: Request, slug: str, delivery_id: int) -> Response:
        project: Project = own_project(request, slug, "deliver")
        delivery = Delivery.objects.select_related("project").filter(project=project, pk=delivery_id).first()
        found = delivery and read_address(delivery=delivery, by=caller(request), now=business_now())
        if not found:
            raise Http404
        return Response({name: getattr(found, name) for name in ("name", "lines", "postcode", "city", "country")})
