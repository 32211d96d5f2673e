"""What makes the demo's projects look lived in: followers, offers of GPU time, deliveries, reviews, collections.

All by the services that people use, drawn with a fixed seed; each part once, told by what is there already.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

from accounts.models import User
from compute_pledges.services.pledges import create_pledge
from pages.demo.paying import steward
from pages.demo.reading import DemoProject, demo_collections, demo_projects
from payments.services.appealing import open_appeal
from payments.services.moving import SUSPEND, move_project
from projects.discovery.collecting import write_collection
from projects.following import follow_project
from projects.fulfilment.delivering import move_deliveries, say_arrived
from projects.models import Collection, Comment, Delivery, Project, Report
from projects.review.claiming import claim
from projects.review.lines import comment_on_line
from projects.teammates import answer_invitation, invite
from projects.trust.reporting import report
from projects.trust.targets import find_target
from values.gpu_time import hours_to_microseconds

S = Project.State
SEED = 21
MOST_FOLLOWERS, LEAST_FOLLOWERS = 24, 3


def name_team(project: Project, demo: DemoProject, *, now: datetime) -> None:
    """Whom the creator invited, and who joined."""
    for one in demo.more.get("team", []):
        user = User.objects.get(email=f"{one['person']}@demo.example")
        invitation = invite(project=project, by=project.creator, email=user.email, role=one["role"], now=now)
        answer_invitation(invitation=invitation, user=user, accepts=True, now=now)


def begin_review(project: Project, demo: DemoProject, *, now: datetime) -> None:
    """A submission that one reviewer reads, with a word on a paragraph."""
    if words := demo.more.get("line_words"):
        reviewer = User.objects.get(email="reviewer1@demo.example")
        claim(project_id=project.pk, reviewer=reviewer, now=now)
        comment_on_line(project_id=project.pk, reviewer=reviewer, paragraph=2, words=words, now=now)


def offer_hours(project: Project, demo: DemoProject, people: list[User], *, now: datetime) -> None:
    """GPU time of people who have not paired their machine yet."""
    for number, one in enumerate(demo.more.get("gpu", [])):
        create_pledge(
            project=project, backer=people[-1 - number], catalog_slug=one["model"], device=None, reward=None,
            pledged_us=hours_to_microseconds(Decimal(one["hours"])), hours_per_week=one["week"],
            client_token=uuid5(NAMESPACE_URL, f"{demo.slug}/gpu/{number}"), now=now,
        )  # fmt: skip


def follow_all(people: list[User], *, now: datetime) -> None:
    """Followers of everything that is public, before anything is told to them."""
    for demo in demo_projects():
        project = Project.objects.get(slug=demo.slug)
        if project.state in Project.PRIVATE_STATES or project.follows.exists():
            continue
        chance = random.Random(f"{SEED} {demo.slug}")  # noqa: S311  # reason: demo data, to be the same again
        for user in chance.sample(people, chance.randint(LEAST_FOLLOWERS, MOST_FOLLOWERS)):
            follow_project(user=user, project=project, wants=True, now=now)


def deliver(project: Project, demo: DemoProject, *, now: datetime) -> None:
    """What the project sent, and what its backers said of it; the first says that it did not arrive."""
    share = demo.more.get("delivered", 0)
    owed = list(project.deliveries.filter(state=Delivery.State.TODO).order_by("pk"))
    if not share or not owed:
        return
    sent = owed[: max(1, int(len(owed) * share))]
    ids = [delivery.pk for delivery in sent]
    move_deliveries(project=project, by=project.creator, delivery_ids=ids, target="sent", note="", now=now)
    for place, delivery in enumerate(sent):
        word = Delivery.Word.MISSING if place == 0 and share < 1 else Delivery.Word.GOT
        if place % 4 != 3:
            say_arrived(delivery=delivery, by=delivery.person, word=word, now=now + timedelta(minutes=place))


def collect(*, now: datetime) -> None:
    """The staff's collections."""
    admin = User.objects.get(email="admin@demo.example")
    for title, text, slugs in demo_collections():
        if not Collection.objects.filter(title=title).exists():
            write_collection(collection=None, by=admin, title=title, text=text, slugs=slugs, is_shown=True, now=now)


def suspend(project: Project, demo: DemoProject, *, now: datetime) -> None:
    """By an admin with whom nobody signs in, so that the demo's own may decide on the appeal that follows."""
    move_project(project_id=project.pk, deed=SUSPEND, by=steward(), reason=demo.more["suspended_for"], now=now)
    open_appeal(project_id=project.pk, by=project.creator, words=demo.more["appeal"], now=now)


def complain(*, now: datetime) -> None:
    """One comment that somebody reported."""
    said = Comment.objects.filter(body__contains="half the price").first()
    if said is None or Report.objects.exists():
        return
    target, reporter = find_target(Report.Target.COMMENT, said.pk), User.objects.get(email="backer@demo.example")
    if target is not None:
        report(target=target, reporter=reporter, reason="spam", words="This sells something else.", now=now)
