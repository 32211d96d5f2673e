"""What belongs to rewards beside themselves: their pictures, and stock that several share."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers as s
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest import examples as ex
from api.rest import shapes
from api.rest.asking import REMOVED, Removed, body_of, own_project
from api.rest.auth import caller
from api.rest.base import ApiView
from api.rest.bodies import MIB, File
from api.rest.document import operation
from api.rest.idempotency import idempotent
from api.rest.paging import page_of
from api.rest.project_facts import picture_row
from api.rest.reward_views import FIRST_TO_LAST, own_reward
from api.scopes import PROJECTS, READ
from projects.fields import readable
from projects.fulfilment.images import MOST_BYTES
from projects.fulfilment.offering import picture_reward, remove_picture, share_stock
from projects.models import StockPool


class NewPicture(s.Serializer[Any]):
    picture = File(help_text="JPEG, PNG or WebP, at most 5 MB. It is written anew without its metadata.")
    alt = s.CharField(max_length=160, validators=[readable], help_text="What it shows, in words.")


class NewPool(s.Serializer[Any]):
    name = s.CharField(max_length=80, validators=[readable])
    limit = s.IntegerField(min_value=1, max_value=1_000_000)


class PoolShape(s.Serializer[Any]):
    id = s.IntegerField(help_text="As `pool` of a reward.")
    name = s.CharField()
    limit = s.IntegerField()
    claimed = s.IntegerField()


NEW_POOL = {"name": "Printed books", "limit": 200}
POOL = {"id": 4, **NEW_POOL, "claimed": 12}


class PictureView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"put": PROJECTS, "delete": PROJECTS}
    parser_classes = (MultiPartParser,)
    most_bytes = MOST_BYTES + MIB

    @operation(
        "picture_reward", "Give a reward its picture, or another one", shapes.Picture, ex.PICTURE, tag="Creating",
        scope=PROJECTS, is_write=True, form=NewPicture,
    )  # fmt: skip
    @idempotent
    def put(self, request: Request, slug: str, reward_id: int) -> Response:
        reward, asked = own_reward(request, slug, reward_id), body_of(request, NewPicture)
        content = asked["picture"].read(MOST_BYTES + 1)
        made = picture_reward(reward_id=reward.pk, by=caller(request), content=content, alt=asked["alt"])
        return Response(picture_row(made, slug))

    @operation(
        "remove_picture", "A reward without a picture again", Removed, REMOVED, tag="Creating", scope=PROJECTS,
        is_write=True,
    )  # fmt: skip
    @idempotent
    def delete(self, request: Request, slug: str, reward_id: int) -> Response:
        remove_picture(reward_id=own_reward(request, slug, reward_id).pk, by=caller(request))
        return Response(REMOVED)


def _pool(pool: StockPool) -> dict[str, Any]:
    return {"id": pool.pk, "name": pool.name, "limit": pool.limit, "claimed": pool.claimed}


class PoolsView(ApiView):
    scopes: ClassVar[dict[str, str]] = {"get": READ, "post": PROJECTS}

    @operation("list_pools", "Stock that rewards share", PoolShape, POOL, tag="Creating", scope=READ, many=True)
    def get(self, request: Request, slug: str) -> Response:
        page = page_of(request, own_project(request, slug, "edit").stock_pools.all(), FIRST_TO_LAST)
        return Response(page.answer([_pool(pool) for pool in page.rows]))

    @operation(
        "share_stock", "Stock for several rewards; name it as the `pool` of each", PoolShape, POOL, tag="Creating",
        scope=PROJECTS, is_write=True, body=NewPool, body_example=NEW_POOL, status=201,
    )  # fmt: skip
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        project, asked = own_project(request, slug, "edit"), body_of(request, NewPool)
        return Response(_pool(share_stock(project=project, by=caller(request), **asked)), status=201)
