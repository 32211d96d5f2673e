"""What people are told of, and how unless they choose otherwise.

Quiet by default: at once comes only what touches a person's money, machines or own words. All else is gathered in a
digest or waits on the page. What is fixed cannot be switched off: it is the other half of a contract.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Delivery(models.TextChoices):
    """How a person wants to be told."""

    OFF = "off", _("Not at all")
    PAGE = "page", _("On the page")
    INSTANT = "instant", _("Mail at once")
    DAILY = "daily", _("Daily digest")
    WEEKLY = "weekly", _("Weekly digest")


DIGESTS = (Delivery.DAILY, Delivery.WEEKLY)


class Kind(models.TextChoices):
    """One subject that a person can be told of."""

    LAB_NOTE = "lab_note", _("Lab notes of projects that you back")
    LAB_NOTE_FOLLOWED = "lab_note_followed", _("Lab notes of projects that you follow")
    PROJECT_CHANGED = "project_changed", _("A project that you back is extended, paused, canceled or suspended")
    RELEASE = "release", _("A project that you back or follow releases something")
    REWARD = "reward", _("Your rewards: questions, addresses, deliveries")
    PROJECT_LAUNCHED = "project_launched", _("A project that you follow is launched")
    PROJECT_FOLLOWED = "project_followed", _("Other news of projects that you follow")
    CREATOR_FOLLOWED = "creator_followed", _("A creator that you follow has a new project")
    SAVED_SEARCH = "saved_search", _("New results of your saved searches")
    REPLY = "reply", _("Answers to what you wrote")
    MODERATED = "moderated", _("What moderators do with what you wrote")
    REPORT = "report", _("What became of a report of yours")
    PLEDGE = "pledge", _("Pledges to your projects that come or end")
    GOAL = "goal", _("Your projects reach half of a minimum, and all of it")
    COMMENT = "comment", _("Comments and questions on your projects")
    DELIVERY = "delivery", _("Rewards that your projects have to deliver")
    TEAM = "team", _("Invitations to teams, and who joins yours")
    REVIEW = "review", _("The review of your projects, suspensions and appeals")
    LINK = "link", _("What your releases link to is no longer what it was")
    QUEUE = "queue", _("What waits for reviewers and admins: submissions, target times, reports, appeals")
    GPU_HINT = "gpu_hint", _("GPU time that your machines could give")
    GPU_REMINDER = "gpu_reminder", _("Reminders about your GPU pledges")
    GPU_PROJECT = "gpu_project", _("GPU time of your projects: offers, shortfalls, rent")
    ACCOUNT = "account", _("Security of your account")


@dataclass(frozen=True, slots=True)
class Group:
    """Kinds under one heading of the settings; `is_for_staff`: shown to reviewers and admins alone."""

    title: Promise
    kinds: tuple[Kind, ...]
    is_for_staff: bool = False


GROUPS = (
    Group(
        _("What you back"),
        (Kind.REWARD, Kind.PROJECT_CHANGED, Kind.LAB_NOTE, Kind.RELEASE),
    ),
    Group(
        _("What you follow"),
        (
            Kind.PROJECT_LAUNCHED, Kind.LAB_NOTE_FOLLOWED, Kind.PROJECT_FOLLOWED, Kind.CREATOR_FOLLOWED,
            Kind.SAVED_SEARCH,
        ),
    ),
    Group(_("What you wrote"), (Kind.REPLY, Kind.MODERATED, Kind.REPORT)),
    Group(_("Your machines"), (Kind.GPU_REMINDER, Kind.GPU_HINT)),
    Group(
        _("Your projects"),
        (
            Kind.REVIEW, Kind.TEAM, Kind.GOAL, Kind.PLEDGE, Kind.COMMENT, Kind.DELIVERY, Kind.LINK, Kind.GPU_PROJECT,
        ),
    ),
    Group(_("What you review"), (Kind.QUEUE,), is_for_staff=True),
    Group(_("Your account"), (Kind.ACCOUNT,)),
)  # fmt: skip
DEFAULTS: dict[Kind, Delivery] = {
    Kind.LAB_NOTE: Delivery.DAILY,
    Kind.LAB_NOTE_FOLLOWED: Delivery.WEEKLY,
    Kind.PROJECT_CHANGED: Delivery.INSTANT,
    Kind.RELEASE: Delivery.DAILY,
    Kind.REWARD: Delivery.INSTANT,
    Kind.PROJECT_LAUNCHED: Delivery.DAILY,
    Kind.PROJECT_FOLLOWED: Delivery.PAGE,
    Kind.CREATOR_FOLLOWED: Delivery.WEEKLY,
    Kind.SAVED_SEARCH: Delivery.WEEKLY,
    Kind.REPLY: Delivery.INSTANT,
    Kind.MODERATED: Delivery.INSTANT,
    Kind.REPORT: Delivery.INSTANT,
    Kind.PLEDGE: Delivery.DAILY,
    Kind.GOAL: Delivery.DAILY,
    Kind.COMMENT: Delivery.DAILY,
    Kind.DELIVERY: Delivery.WEEKLY,
    Kind.TEAM: Delivery.INSTANT,
    Kind.REVIEW: Delivery.INSTANT,
    Kind.LINK: Delivery.INSTANT,
    Kind.QUEUE: Delivery.DAILY,
    Kind.GPU_HINT: Delivery.INSTANT,
    Kind.GPU_REMINDER: Delivery.INSTANT,
    Kind.GPU_PROJECT: Delivery.INSTANT,
    Kind.ACCOUNT: Delivery.INSTANT,
}
FIXED = frozenset({Kind.ACCOUNT})
