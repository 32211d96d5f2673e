"""People who earned credit, and lists of them in short."""

from datetime import timedelta

from compute_pledges.standing.credit import (
    Scope,
)
from projects.models import Project
from tests.factories.people import NOW, make_user
from tests.factories.pledges import HOUR_US, machine, worked

DAY = timedelta(days=1)


def named(name):
    user = make_user()
    user.name = name
    user.save(update_fields=["name"])
    return user


def earn(run, user, hours, now=NOW, **fields):
    return worked(run, run.rounds.get(index=0), machine(owner=user), hours, now=now, **fields)


def scope(now=NOW + 99 * DAY, project=None):
    return Scope(now, Project.PRIVATE_STATES, project.pk if project else None)


def names(rows):
    return [(row.rank, row.name, row.h100_us // HOUR_US) for row in rows]
