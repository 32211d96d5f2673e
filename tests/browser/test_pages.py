"""Every page of projects and accounts at four widths in both themes: nothing sideways, nothing that axe-core finds."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from projects.contributions import record_contribution
from projects.markdown import render_markdown
from tests.factories.people import make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)
STORY = (
    "## What\n\nText with [a link](https://example.org) and `code`.\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |"
)
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@pytest.fixture
def project():
    now = timezone.now()
    project = make_project(
        slug="looked-at", title=LONG, promise=f"For {LONG} and everyone else.", story=STORY,
        story_html=render_markdown(STORY), deadline_at=now + timedelta(days=9),
        compute_ends_at=now + timedelta(days=90),
        funding_minimum=40_000_00, funding_stretch=50_000_00, compute_minimum_us=10**13, data_license="LicenseRef-Own",
        launched_at=now,
    )  # fmt: skip
    for kind, stage, amount in (
        ("money", "pledged", 31_000_00),
        ("money", "realized", 10**6),
        ("compute", "pledged", 9 * 10**12),
    ):
        record_contribution(
            project=project, source=f"t:{kind}", stage=stage, event="made", kind=kind, amount=amount, now=now
        )
    project.rewards.create(title="Thanks", description="By name.", threshold_minor=1000, limit=20)
    project.rewards.create(title="Trainer", threshold_gpu_us=10**9)
    project.lab_notes.create(
        author=project.creator, title="Week 1", body="x", body_html=render_markdown(STORY), published_at=now
    )
    project.transitions.create(source="approved", target="live", actor=project.creator, happened_at=now)
    return project


@pytest.mark.parametrize(
    "address",
    [
        "/", "/discover/?q=nothing-like-it", "/discover/?kind=language&needs=money&sort=funded",
        "/projects/looked-at/", "/accounts/login/", "/accounts/signup/",
        "/accounts/password/reset/", "/demo/mail/", "/developers/",
    ],
)  # fmt: skip
def test_what_everyone_sees(findings, project, address):
    assert findings(address) == ""


@pytest.mark.parametrize(
    "address",
    [
        "/projects/new/", "/projects/mine/", "/projects/looked-at/", "/projects/looked-at/notes/new/",
        "/accounts/email/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/logout/", "/accounts/3rdparty/",
        "/identity/o/device", "/developers/tokens/",
    ],
)  # fmt: skip
def test_what_a_creator_sees(findings, sign_in, project, address):
    email = f"{LONG[:50].lower()}@test.example"
    EmailAddress.objects.create(user=project.creator, email=email, verified=True, primary=True)
    sign_in(project.creator)
    assert findings(address) == ""


@pytest.mark.parametrize("address", ["/review/", "/review/waiting/"])
def test_what_a_reviewer_sees(findings, sign_in, address):
    waiting = make_project(slug="waiting", state="in_review", story_html=render_markdown(STORY))
    reviewer = make_user(is_reviewer=True)
    waiting.reviews.create(
        reviewer=reviewer, submission=0, decision="comment", reasons="Which data?", decided_at=timezone.now()
    )
    sign_in(reviewer)
    assert findings(address) == ""


def test_what_is_not_there_and_what_is_not_yours(findings, sign_in, project):
    assert findings("/projects/no-such-project/", status=404) == ""
    sign_in(make_user())
    assert findings("/projects/looked-at/edit/", status=403) == ""
