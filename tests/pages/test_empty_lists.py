"""A list without entries says so, and offers one next action."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories.people import make_project, make_user

pytestmark = pytest.mark.django_db
LISTS = {
    "visitor": [
        "/discover/?q=zzzz", "/collections/", "/promises/", "/volunteers/", "/volunteers/teams/", "/demo/mail/",
        "/projects/bare/notes/", "/projects/bare/runs/", "/projects/bare/ledger/",
    ],
    "newcomer": [
        "/projects/mine/", "/pledges/", "/gpu/pledges/", "/my/rewards/", "/notifications/", "/following/", "/searches/",
    ],
    "creator": [
        "/projects/bare/backers/", "/projects/bare/deliveries/", "/projects/bare/disputes/", "/projects/bare/refunds/",
        "/projects/bare/review/",
    ],
    "reviewer": ["/review/", "/reports/"],
    "admin": ["/funding/signals/", "/funding/rows/disputes/", "/funding/actions/?q=nothing"],
}  # fmt: skip


@pytest.mark.parametrize("who", LISTS)
def test_an_empty_list_offers_one_next_action(who):
    now = timezone.now()
    project = make_project(slug="bare", deadline_at=now + timedelta(days=9), compute_ends_at=now + timedelta(days=40))
    people = {
        "newcomer": make_user(), "creator": project.creator, "reviewer": make_user(is_reviewer=True),
        "admin": make_user(is_staff=True),
    }  # fmt: skip
    client, found = Client(), {}
    if who in people:
        client.force_login(people[who])
    for address in LISTS[who]:
        text = client.get(address).content.decode()
        empty = re.findall(r'<div class="panel empty">.*?</div>', text, re.DOTALL)
        found[address] = [len(re.findall(r"<(?:a|button)\b", part)) for part in empty]
    assert found == {address: [1] for address in LISTS[who]}
