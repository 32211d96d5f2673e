"""Several admins at the same moment: a deed happens once, and so does its record."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from audit.models import StaffAction
from pages.acting import deeds
from payments.errors import PaymentsError
from payments.models import Refund
from payments.services.moving import move_project
from projects.errors import ProjectError
from projects.models import ProjectTransition
from tests.factories.payments import collected, funded_project
from tests.factories.people import NOW, make_user

pytestmark = pytest.mark.django_db(transaction=True)
ADMINS = 6


def together(deed):
    """How many of the admins came through."""
    admins = [make_user(is_staff=True) for _ in range(ADMINS)]

    def act(admin):
        try:
            deed(admin)
        except (PaymentsError, ProjectError):
            return 0
        finally:
            connections.close_all()
        return 1

    with ThreadPoolExecutor(ADMINS) as pool:
        return sum(pool.map(act, admins))


def test_one_refund_of_what_all_of_them_saw(standin):
    pledge = collected(funded_project(), amount=50_00)
    done = together(
        lambda admin: deeds.refund_pledge(
            pledge_id=pledge.pk, amount=10_00, seen_minor=0, by=admin, reason="Asked.", now=NOW
        )
    )
    assert (done, Refund.objects.count(), StaffAction.objects.count()) == (1, 1, 1)


def test_a_project_is_canceled_once(standin):
    project = funded_project()
    collected(project, amount=50_00)
    done = together(
        lambda admin: move_project(project_id=project.pk, deed="cancel", by=admin, reason="Fraud.", now=NOW)
    )
    assert (done, StaffAction.objects.count()) == (1, 1)
    steps = ProjectTransition.objects.filter(project=project).order_by("pk").values_list("target", flat=True)
    assert list(steps) == ["canceled"]
