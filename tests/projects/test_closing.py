from datetime import timedelta

import pytest

from projects.closing import close_project
from projects.contributions import record_contribution
from projects.models import Contribution
from projects.tasks import close_due_projects
from projects.totals import Totals, totals_of
from tests.factories.people import NOW, make_project

pytestmark = pytest.mark.django_db


def pledge(project, amount, *, kind="money", source="cash:1", event="saved", stage="pledged"):
    return record_contribution(
        project=project, source=source, stage=stage, event=event, kind=kind, amount=amount, now=NOW
    )


def test_a_contribution_is_recorded_once_and_reversed_by_a_further_row():
    project = make_project()
    assert pledge(project, 500)
    assert not pledge(project, 500)
    assert pledge(project, -500, event="canceled")
    assert Contribution.objects.count() == 2
    assert totals_of([project]) == {project.pk: Totals()}


@pytest.mark.parametrize(
    ("money", "compute", "state"),
    [(100_00, 50, "collecting"), (99_99, 50, "failed"), (100_00, 49, "failed"), (0, 0, "failed")],
)
def test_the_closing_needs_each_minimum(money, compute, state):
    project = make_project(compute_minimum_us=50)
    pledge(project, money)
    pledge(project, compute, kind="compute", source="gpu:1")
    assert close_project(project_id=project.pk, now=project.deadline_at) == state
    project.refresh_from_db()
    assert [(t.source, t.target) for t in project.transitions.all()] == [("live", state)]


def test_the_closing_waits_for_the_deadline_and_decides_once():
    project = make_project()
    assert close_project(project_id=project.pk, now=project.deadline_at - timedelta(microseconds=1)) == "live"
    assert close_project(project_id=project.pk, now=project.deadline_at) == "failed"
    pledge(project, 500_00)
    assert close_project(project_id=project.pk, now=project.deadline_at) == "failed"


def test_a_goal_of_zero_holds_and_kept_money_is_kept():
    assert close_project(project_id=make_project(funding_minimum=0).pk, now=NOW + timedelta(days=11)) == "collecting"
    kept = make_project(funding_model="keep_what_you_raise")
    assert close_project(project_id=kept.pk, now=kept.deadline_at) == "collecting"


def test_the_sweep_closes_what_is_due_and_a_second_sweep_nothing(monkeypatch):
    due, later = make_project(), make_project(deadline_at=NOW + timedelta(days=20))
    monkeypatch.setattr("projects.tasks.business_now", lambda: NOW + timedelta(days=11))
    assert (close_due_projects(), close_due_projects()) == (1, 0)
    due.refresh_from_db()
    later.refresh_from_db()
    assert (due.state, later.state) == ("failed", "live")
