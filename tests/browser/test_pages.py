"""Every page of projects and accounts at four widths in both themes: nothing sideways, nothing that axe-core finds."""

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from api.hooks.calling import Outcome
from api.hooks.sending import send_due
from api.hooks.telling import write_test
from api.models import HookEndpoint
from projects.markdown import render_markdown
from tests.browser.conftest import LONG, STORY
from tests.factories.people import complete, make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)
EVERYONE = [
        "/", "/discover/?q=nothing-like-it",
        "/discover/?kind=language&kind=audio&needs=money&needs=compute&sort=funded",
        "/projects/looked-at/", "/accounts/login/", "/accounts/signup/",
        "/accounts/password/reset/", "/demo/mail/", "/developers/", "/calendar/",
        "/projects/looked-at/share/", "/projects/looked-at/card/", "/projects/looked-at/promises/", "/promises/",
        "/figures/", "/collections/",
        "/styles/",
    ]  # fmt: skip
CREATOR = [
        "/projects/looked-at/team/", "/projects/looked-at/dashboard/", "/projects/looked-at/backers/",
        "/projects/looked-at/course/", "/projects/looked-at/suspension/", "/projects/looked-at/review/",
        "/projects/new/", "/projects/mine/",
        "/projects/looked-at/", "/projects/looked-at/notes/new/",
        "/accounts/email/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/logout/", "/accounts/3rdparty/",
        "/identity/o/device", "/developers/tokens/", "/developers/webhooks/", "/projects/looked-at/releases/new/",
        "/searches/",
    ]  # fmt: skip
STEPS = ["", "basics/", "goals/", "milestones/", "rewards/", "openness/", "risks/"]  # fmt: skip


def test_what_everyone_sees(findings, project):
    assert findings.of(EVERYONE) == {}


def test_what_a_creator_sees(findings, sign_in, project):
    email = f"{LONG[:50].lower()}@test.example"
    EmailAddress.objects.create(user=project.creator, email=email, verified=True, primary=True)
    sign_in(project.creator)
    assert findings.of(CREATOR) == {}


def test_what_a_creator_writes_step_by_step(findings, sign_in):
    draft = complete(make_project(slug="draft", state="draft", planned_parameters=10**8, planned_tokens=10**9))
    sign_in(draft.creator)
    assert findings.of(f"/projects/draft/edit/{step}" for step in STEPS) == {}


def test_what_a_reviewer_sees(findings, sign_in):
    waiting = make_project(slug="waiting", state="in_review", story_html=render_markdown(STORY))
    reviewer = make_user(is_reviewer=True)
    waiting.reviews.create(
        reviewer=reviewer, submission=0, decision="comment", reasons="Which data?", decided_at=timezone.now()
    )
    sign_in(reviewer)
    assert findings.of(["/review/", "/review/waiting/"]) == {}


def test_what_is_not_there_and_what_is_not_yours(findings, sign_in, project):
    assert findings("/projects/no-such-project/", status=404) == ""
    sign_in(make_user())
    assert findings("/projects/looked-at/edit/", status=403) == ""


def test_a_webhook_with_its_attempts(findings, sign_in):
    endpoint = HookEndpoint.objects.create(
        owner=make_user(), url=f"https://hooks.example/{'long-' * 40}", kinds=["note.published"],
        created_at=timezone.now(),
    )  # fmt: skip
    write_test(endpoint=endpoint, now=timezone.now())
    send_due(send=lambda **_: Outcome(0, "The address leads nowhere. " * 10, 12))
    sign_in(endpoint.owner)
    assert findings(f"/developers/webhooks/{endpoint.pk}/") == ""
