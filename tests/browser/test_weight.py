"""What a visitor's connection carries to each kind of page, cold and fonts included, and that nothing jumps on it."""

import gzip
from datetime import timedelta

import pytest
from django.utils import timezone

from projects.community.profiles import choose_profile
from projects.contributions import record_contribution
from projects.markdown import render_markdown
from projects.models import Project
from tests.factories.people import complete, make_project, make_user
from tests.factories.weave import make_weave

pytestmark = pytest.mark.django_db(transaction=True)
PAGE_BYTES, SCRIPT_BYTES, SHIFT = 150_000, 30_000, 0.02
SHIFTS = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => list.getEntries().forEach(one => { sum += one.value; }))
    .observe({type: 'layout-shift', buffered: true});
  setTimeout(() => done(sum), 200);
})"""


def carried(answer):
    """Bytes as production sends them: static text compressed beforehand, the rest as it came."""
    is_text = answer.url.endswith((".css", ".js", ".svg"))
    return len(gzip.compress(answer.body())) if is_text else answer.request.sizes()["responseBodySize"]


@pytest.fixture
def project():
    """A funded one with all that a page can show, among others that lists show."""
    now = timezone.now()
    ends = {"deadline_at": now + timedelta(days=9), "compute_ends_at": now + timedelta(days=90), "launched_at": now}
    story = render_markdown("A paragraph of a story.\n\n" * 60)
    project = complete(make_project(slug="weighed", story_html=story, compute_minimum_us=10**12, **ends))
    make_weave(project, machines=4, rounds=24, now=now)
    note = render_markdown("Text.\n\n" * 20)
    for number in range(5):
        project.rewards.create(title=f"Reward {number}", description="By name.", threshold_minor=1000)
        project.lab_notes.create(
            number=number + 1, author=project.creator, title="Week", body="x", body_html=note,
            published_at=now,
        )  # fmt: skip
        project.milestones.create(number=number + 1, title="Step", evidence_wanted="A file.", share_bp=2000)
    record_contribution(
        project=project, source="t:1", stage="pledged", event="made", kind="money", amount=10**7, now=now
    )  # fmt: skip
    Project.objects.filter(pk=project.pk).update(state="funded")
    for _ in range(30):
        make_project(**ends)
    choose_profile(
        user=project.creator, name="Somebody", about="Text.", links=[], shows_backed=True, may_be_found=True, now=now
    )
    return project


def weigh(new_context, url, **fields):
    """(bytes in all, of scripts, of fonts, how far things moved) of a first visit."""
    context = new_context(**fields)
    page, answers = context.new_page(), []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108  # reason: it marks what it is given
    page.goto(url, wait_until="networkidle")
    moved = page.evaluate(SHIFTS)
    sizes = {answer.url: carried(answer) for answer in answers}
    context.close()
    of = {end: sum(size for name, size in sizes.items() if name.endswith(end)) for end in (".js", ".woff2")}
    return sum(sizes.values()), of[".js"], of[".woff2"], moved


def too_heavy(new_context, base, addresses, **fields):
    """The addresses that break the budget, with what was weighed."""
    found = {}
    for address in addresses:
        for width in (390, 1280):
            size = {"width": width, "height": 900}
            whole, scripts, fonts, moved = weigh(new_context, base + address, viewport=size, **fields)
            # Without a font that is carried nothing would have been weighed.
            if whole > PAGE_BYTES or scripts > SCRIPT_BYTES or moved > SHIFT or fonts < 50_000:
                found[address, width] = (whole, scripts, fonts, moved)
    return found


def test_public_pages_are_light_and_still(new_context, live_server, project):
    public = [
        "/", "/discover/", project.get_absolute_url(), "/projects/weighed/notes/", "/projects/weighed/discussion/",
        "/projects/weighed/promises/", "/projects/weighed/ledger/", "/figures/", "/volunteers/", "/calendar/",
        "/promises/", f"/people/{project.creator_id}/", "/styles/", "/accounts/login/", "/no/such/page/",
    ]  # fmt: skip
    assert too_heavy(new_context, live_server.url, public) == {}


def test_working_pages_are_light_and_still(new_context, context, live_server, project, sign_in):
    draft = complete(make_project(slug="draft", state="draft", creator=project.creator))
    steps = ("basics", "goals", "milestones", "rewards", "openness", "risks")
    sign_in(project.creator)
    state = context.storage_state()
    creators = ["/projects/weighed/dashboard/", *(f"/projects/{draft.slug}/edit/{step}/" for step in steps)]
    assert too_heavy(new_context, live_server.url, creators, storage_state=state) == {}
    sign_in(make_user())
    backers = ["/notifications/", "/my/rewards/", "/pledges/", "/gpu/machines/", "/projects/weighed/pledge/"]
    assert too_heavy(new_context, live_server.url, backers, storage_state=context.storage_state()) == {}
