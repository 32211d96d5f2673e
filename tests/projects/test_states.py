from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from projects.errors import TransitionRefused
from projects.models import Project, ProjectTransition
from projects.states import TRANSITIONS, change_state
from tests.factories.people import NOW, make_project


def test_every_state_stands_in_the_table():
    assert set(TRANSITIONS) == set(Project.State.values)
    assert set().union(*TRANSITIONS.values()) <= set(Project.State.values)


class AnyWalk(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.sampled_from(Project.State.values), max_size=12))
    def test_any_walk_keeps_state_and_history_together(self, targets):
        project = make_project(state="draft")
        expected = ["draft"]
        for target in targets:
            try:
                change_state(project=project, target=target, actor=None, now=NOW)
            except TransitionRefused:
                assert target not in TRANSITIONS[expected[-1]]
            if project.state != expected[-1]:
                expected.append(project.state)
        project.refresh_from_db()
        history = list(ProjectTransition.objects.filter(project=project).values_list("source", "target"))
        assert history == list(pairwise(expected))
        assert project.state == expected[-1]


@pytest.mark.django_db
def test_a_repeat_returns_quietly_and_a_stale_object_is_refused():
    project = make_project(state="draft")
    stale = Project.objects.get(pk=project.pk)
    assert change_state(project=project, target="in_review", actor=None, now=NOW)
    assert not change_state(project=project, target="in_review", actor=None, now=NOW)
    with pytest.raises(TransitionRefused, match="became in review in the meantime"):
        change_state(project=stale, target="canceled", actor=None, now=NOW)
