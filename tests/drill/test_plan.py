"""The plan follows from the seed and holds everything that the drill promises."""

from bench.drill.plan import make_plan


def test_the_same_seed_gives_the_same_plan():
    assert make_plan(7, 200) == make_plan(7, 200)
    assert make_plan(7, 200) != make_plan(8, 200)


def test_a_full_plan_has_everything_in_it():
    plan = make_plan(7, 2000)
    assert len(plan.pledges) == 2000
    assert {project.currency for project in plan.projects} == {"EUR", "USD", "GBP", "JPY"}
    assert {"funded", "failed", "canceled", "falls short"} == {project.ending for project in plan.projects}
    assert {pledge.when for pledge in plan.pledges} == {"before", "late", "monthly"}
    assert {pledge.repair for pledge in plan.pledges} == {"card", "same", "fail", "nothing"}
    assert {pledge.refund for pledge in plan.pledges} >= {0.3, 1.0}
    assert {pledge.evidence for pledge in plan.pledges} == {"winning_evidence", "losing_evidence", ""}
    assert len({pledge.card for pledge in plan.pledges}) == 14
    assert any(pledge.tip for pledge in plan.pledges)
    assert any(pledge.add_ons for pledge in plan.pledges)
    assert any(pledge.is_disputed for pledge in plan.pledges)


def test_nobody_supports_a_project_twice_a_month():
    backers = [pledge.backer for pledge in make_plan(7, 2000).of("monthly")]
    assert len(backers) == len(set(backers)) == 20
