"""What a visitor's connection carries."""

import gzip
from datetime import timedelta

import pytest
from django.utils import timezone

from projects.markdown import render_markdown
from tests.factories.people import make_project
from tests.factories.weave import make_weave

pytestmark = pytest.mark.django_db(transaction=True)
PAGE_BYTES, SCRIPT_BYTES = 150_000, 30_000


def carried(answer):
    """Bytes as production sends them: static text compressed beforehand, the rest as it is."""
    body = answer.body()
    return len(gzip.compress(body)) if answer.url.endswith((".css", ".js", ".svg")) else len(body)


def test_a_project_page_is_light_fonts_included(page, live_server):
    now = timezone.now()
    story = render_markdown("A paragraph of a story.\n\n" * 60)
    ends = {"deadline_at": now + timedelta(days=9), "compute_ends_at": now + timedelta(days=90)}
    project = make_project(story_html=story, **ends)
    make_weave(project, machines=4, rounds=24, now=now)
    sizes = {}
    page.on("response", lambda answer: sizes.update({answer.url: carried(answer)}))
    page.goto(live_server.url + project.get_absolute_url(), wait_until="networkidle")
    scripts = sum(size for url, size in sizes.items() if url.endswith(".js"))
    assert sum(size for url, size in sizes.items() if url.endswith(".woff2")) > 50_000
    assert (sum(sizes.values()) <= PAGE_BYTES, scripts <= SCRIPT_BYTES) == (True, True), sizes
