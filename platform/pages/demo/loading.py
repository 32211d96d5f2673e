"""The demo's projects, made once: as far as they come without anybody's card, and without the pages running."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from pages.demo.living import begin_review, name_team
from pages.demo.pictures import draw_pictures
from pages.demo.reading import DemoProject, demo_creators, demo_projects, minor
from projects.community.faq import Entry, write_faq
from projects.community.notes import publish_note
from projects.community.profiles import choose_profile
from projects.markdown import RENDERER_VERSION, render_markdown
from projects.models import (
    BudgetLine,
    DataSource,
    Milestone,
    Profile,
    Project,
    PromisedOutput,
    Review,
    Reward,
    Risk,
)
from projects.states import change_state

S = Project.State
TRAINING_DAYS = 60
# Where a project is led before cards are pledged; the rest of its way is in `pages.demo.backing`.
WAYS = {
    S.DRAFT: (),
    S.IN_REVIEW: (S.IN_REVIEW,),
    S.CHANGES_REQUESTED: (S.IN_REVIEW, S.CHANGES_REQUESTED),
    S.APPROVED: (S.IN_REVIEW, S.APPROVED),
}
TRANCHES = (
    ("Data and plan", "The data with its hashes, and the run's configuration.", 4000),
    ("Training", "A checkpoint that passes the held-out loss of the plan.", 4000),
    ("Release", "Weights, code and what was learned, with their hashes.", 2000),
)
TO_LIVE = (S.IN_REVIEW, S.APPROVED, S.LIVE)


@transaction.atomic
def load_projects(*, now: datetime) -> None:
    """Projects that are not there yet; those that exist stay as they are."""
    load_creators(now=now)
    known = set(Project.objects.values_list("slug", flat=True))
    for demo in demo_projects():
        if demo.slug not in known:
            load_project(demo, now=now)


def load_creators(*, now: datetime) -> None:
    """Who posts projects, with a word of themselves. Only the demo's own accounts have a password."""
    for email, name, about in demo_creators():
        user = User.objects.filter(email=email).first() or User.objects.create_user(email, None, name=name)
        if not Profile.objects.filter(user=user).exists():
            choose_profile(
                user=user, name=name, about=about, links=[], shows_backed=False, may_be_found=True, now=now
            )  # fmt: skip


def load_project(demo: DemoProject, *, now: datetime) -> Project:
    """One project with its rewards, its notes and its history."""
    creator = User.objects.get(email=demo.creator)
    deadline = (now + timedelta(days=max(demo.deadline, 1))).replace(minute=0, second=0, microsecond=0)
    project = Project.objects.create(
        slug=demo.slug,
        creator=creator,
        deadline_at=deadline,
        compute_ends_at=deadline + timedelta(days=TRAINING_DAYS),
        story_html=render_markdown(demo.columns["story"]),
        renderer_version=RENDERER_VERSION,
        **demo.columns,
    )
    Reward.objects.bulk_create(
        Reward(project=project, delivers_on=now.date() + timedelta(days=days), **reward)
        for days, reward in zip(demo.delivery_days, demo.rewards, strict=True)
    )
    lay_open(project, demo, now=now)
    draw_pictures(project, demo)
    name_team(project, demo, now=now)
    lead(project, demo, now=now)
    write_notes(project, demo, now=now)
    write_answers(project, demo, now=now)
    begin_review(project, demo, now=now)
    return project


def lay_open(project: Project, demo: DemoProject, *, now: datetime) -> None:
    """Budget, risks, data, promises and the tranches in which the money is paid."""
    BudgetLine.objects.bulk_create(
        BudgetLine(project=project, title=line["title"], amount_minor=minor(line["money"], project.currency))
        for line in demo.more["budget"]
    )
    Risk.objects.create(project=project, title=demo.more["risk"], answer=demo.more["answer"])
    DataSource.objects.bulk_create(
        DataSource(
            project=project, name=one["name"], license=one["license"], consent=one["consent"],
            personal_data=one["personal"], note=one["note"],
        )
        for one in demo.more["sources"]
    )  # fmt: skip
    PromisedOutput.objects.bulk_create(
        PromisedOutput(
            project=project, kind=one["kind"], description=one["text"], due_on=now.date() + timedelta(days=one["day"])
        )
        for one in demo.more["outputs"]
    )  # fmt: skip
    Milestone.objects.bulk_create(
        Milestone(project=project, number=number, title=title, evidence_wanted=evidence, share_bp=share)
        for number, (title, evidence, share) in enumerate(TRANCHES, 1)
    )


def lead(project: Project, demo: DemoProject, *, now: datetime) -> None:
    """Through review to where it is without pledges, a day for each step, so that it goes live on its day."""
    reviewer = User.objects.get(email="reviewer1@demo.example")
    way = WAYS.get(S(demo.state), TO_LIVE)
    for place, state in enumerate(way):
        at = now + timedelta(days=demo.launched - (len(way) - 1 - place))
        by_reviewer = state in (S.APPROVED, S.CHANGES_REQUESTED)
        reason = demo.more.get("review_words", "") if state == S.CHANGES_REQUESTED else ""
        if reason:
            Review.objects.create(
                project=project, reviewer=reviewer, submission=1, decision="request_changes", reasons=reason,
                decided_at=at,
            )  # fmt: skip
        change_state(
            project=project, target=state, actor=reviewer if by_reviewer else project.creator, now=at, reason=reason
        )
    if project.state == S.LIVE:
        Project.objects.filter(pk=project.pk).update(launched_at=now + timedelta(days=demo.launched))


def write_notes(project: Project, demo: DemoProject, *, now: datetime) -> None:
    """Lab notes of days that are over; nobody is told of them any more."""
    for note in sorted(demo.more.get("notes", []), key=lambda note: note["day"]):
        publish_note(
            project=project,
            author=project.creator,
            title=note["title"],
            body=note["text"],
            now=now + timedelta(days=note["day"], minutes=-1),
        )
    project.lab_notes.update(told_at=now)


def write_answers(project: Project, demo: DemoProject, *, now: datetime) -> None:
    """Questions that were asked often."""
    entries = [Entry(one["q"], one["a"]) for one in demo.more.get("faq", [])]
    if entries:
        write_faq(project=project, by=project.creator, entries=entries, now=now)
