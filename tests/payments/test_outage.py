"""An outage of ours as long as the fix window: a card that nobody tried is tried before its pledge is given up."""

from datetime import timedelta

import pytest

from payments.services import collecting, endings
from projects.closing import close_project
from tests.factories.payments import pledged
from tests.factories.people import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(standin):
    """A pledge that is to be charged, and the moment of the deadline."""
    project = make_project(funding_minimum=10_00)
    pledge = pledged(project, amount=60_00)
    close_project(project_id=project.pk, now=project.deadline_at)
    collecting.freeze_projects(now=project.deadline_at)
    return pledge, project.deadline_at


def test_a_card_that_was_never_tried_has_a_day_more(closed):
    pledge, deadline = closed
    back = deadline + timedelta(days=7, hours=1)
    assert endings.drop_expired(now=back) == 0
    assert collecting.collect_due(now=back) == 1
    pledge.refresh_from_db()
    assert pledge.state == "collected"


def test_then_it_is_given_up_so_that_the_project_ends(closed):
    pledge, deadline = closed
    later = deadline + timedelta(days=8)
    assert (endings.drop_expired(now=later), endings.finish_collecting(now=later)) == (1, 1)
    pledge.refresh_from_db()
    assert pledge.state == "dropped"
