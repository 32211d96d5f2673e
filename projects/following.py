"""Following: to be told of a project, or of all of a creator's, without backing anything."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from accounts.models import User
from projects.errors import FollowRefused
from projects.models import CreatorFollow, Project, ProjectFollow

MOST_FOLLOWED = 500


def follow_project(*, user: User, project: Project, wants: bool, now: datetime) -> None:
    """Follow, or no longer. Asked again, it stays. Raises FollowRefused for a project that is not public."""
    if not wants:
        ProjectFollow.objects.filter(user=user, project=project).delete()
        return
    if project.state in Project.PRIVATE_STATES:
        raise FollowRefused(gettext("Only what everyone may see can be followed."))
    if ProjectFollow.objects.filter(user=user).count() >= MOST_FOLLOWED:
        raise FollowRefused(
            gettext("One follows at most %(most_followed)s projects.") % {"most_followed": MOST_FOLLOWED}
        )
    ProjectFollow.objects.get_or_create(user=user, project=project, defaults={"since": now})


def follow_creator(*, user: User, creator: User, wants: bool, now: datetime) -> None:
    """Follow, or no longer. Raises FollowRefused for oneself, and for whoever has no public project."""
    if not wants:
        CreatorFollow.objects.filter(user=user, creator=creator).delete()
        return
    if user.pk == creator.pk:
        raise FollowRefused(gettext("You need not follow yourself."))
    if not Project.objects.public().filter(creator=creator).exists():
        raise FollowRefused(gettext("They have no public project yet."))
    if CreatorFollow.objects.filter(user=user).count() >= MOST_FOLLOWED:
        raise FollowRefused(
            gettext("One follows at most %(most_followed)s creators.") % {"most_followed": MOST_FOLLOWED}
        )
    CreatorFollow.objects.get_or_create(user=user, creator=creator, defaults={"since": now})


def followers_of(project: Project) -> QuerySet[User, int]:
    """Primary keys of the active accounts that follow the project or its creator, each once."""
    of_project = ProjectFollow.objects.filter(project=project).values("user")
    of_creator = CreatorFollow.objects.filter(creator=project.creator_id).values("user")
    return _active(project, Q(pk__in=of_project) | Q(pk__in=of_creator))


def followers_of_creator_only(project: Project) -> QuerySet[User, int]:
    """Of these, who follows the creator and not the project."""
    of_project = ProjectFollow.objects.filter(project=project).values("user")
    of_creator = CreatorFollow.objects.filter(creator=project.creator_id).values("user")
    return _active(project, Q(pk__in=of_creator) & ~Q(pk__in=of_project))


def _active(project: Project, wanted: Q) -> QuerySet[User, int]:
    people = User.objects.filter(wanted, is_active=True).exclude(pk=project.creator_id)
    return people.order_by("pk").values_list("pk", flat=True)
