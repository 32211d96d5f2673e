"""A real Chromium against the real site, with every theme and width that the pages promise to fit."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from launcher.tools import find_chromium
from projects.community.comments import Place, write_comment
from projects.community.faq import answer_for_good
from projects.community.moderating import hide_comment
from projects.community.notes import publish_note
from projects.community.profiles import choose_profile
from projects.contributions import record_contribution
from projects.following import follow_project
from projects.fulfilment.delivering import move_deliveries
from projects.fulfilment.offering import picture_reward
from projects.fulfilment.opening import open_delivery
from projects.markdown import render_markdown
from tests.browser.looking import Looker
from tests.factories.people import make_project, make_user
from tests.factories.pictures import picture

STORY = (
    "## What\n\nText with [a link](https://example.org) and `code`.\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |"
)
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@pytest.fixture(scope="session")
def base_url():
    """Instead of pytest-base-url's, which pytest 9 warns of: addresses here are whole."""
    return


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": find_chromium(), "args": ["--no-sandbox"]}


@pytest.fixture
def browser_context_args(browser_context_args):
    # The site's policy forbids foreign scripts; the checker is one.
    return {**browser_context_args, "bypass_csp": True}


@pytest.fixture
def sign_in(context, live_server):
    """Put a session into the browser as the sign-in page would."""
    from django.test import Client

    def as_user(user):
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])

    return as_user


@pytest.fixture
def findings(page, live_server):
    """Load the address once; resize and change themes; give every finding with where it shows."""
    return Looker(page, live_server.url)


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
        number=1, author=project.creator, title="Week 1", body="x", body_html=render_markdown(STORY), published_at=now
    )
    project.transitions.create(source="approved", target="live", actor=project.creator, happened_at=now)
    return project


@pytest.fixture
def community(project):
    """The looked-at project with people around it: notes, a discussion, rewards that are owed, a person's page."""
    creator, backer, now = project.creator, make_user(), timezone.now()
    note = publish_note(project=project, author=creator, title=LONG, body=STORY, audience="backers", now=now)
    asked = write_comment(place=Place(project), author=backer, body=STORY, kind="question", now=now)
    write_comment(place=Place(project, thread=asked), author=creator, body=LONG, now=now)
    hidden = write_comment(place=Place(project, note=note), author=creator, body="x", now=now)
    hide_comment(comment=hidden, by=creator, reason=LONG, now=now)
    answer_for_good(comment=asked, by=creator, question=LONG, answer=STORY, now=now)
    choose_profile(
        user=creator, name=LONG, about=STORY, links=["https://example.org/"], shows_backed=True, may_be_found=True,
        now=now,
    )  # fmt: skip
    reward = project.rewards.create(
        title=LONG, threshold_minor=2500, needs_address=True, benefits=["thanks", "inference"], inference_quota=5,
        thanks_text=f"Dear {{name}}, {LONG}", available_until=now + timedelta(days=1),
    )  # fmt: skip
    reward.questions.create(text=LONG, kind="choice", choices=["S", "M"], position=0)
    picture_reward(reward_id=reward.pk, by=creator, content=picture(), alt="A shirt")
    delivery = open_delivery(source="cash_pledge:x:1", reward=reward, person=backer, now=now)
    move_deliveries(
        project=project, by=creator, delivery_ids=[delivery.pk], target="sent", note=LONG, now=now
    )  # fmt: skip
    follow_project(user=backer, project=project, wants=True, now=now)
    return {"creator": creator, "backer": backer, "thread": asked.pk, "delivery": delivery.pk, "reward": reward.pk}
