"""What was rendered before a change of the renderer is rendered again, and nothing that anybody wrote is touched."""

import pytest
from django.core.management import call_command

from projects.community.comments import Place, write_comment
from projects.community.faq import Entry, write_faq
from projects.community.notes import publish_note
from projects.community.profiles import choose_profile
from projects.discovery.collecting import write_collection
from projects.markdown import RENDERER_VERSION, render_markdown
from projects.models import Project
from projects.rendering import WRITTEN, render_again
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
TEXT = "See [it](http://127.0.0.1:8000)."


def test_everything_that_people_wrote_is_rendered_again_once(capsys):
    project = make_project(story=TEXT)
    creator = project.creator
    publish_note(project=project, author=creator, title="x", body=TEXT, now=NOW)
    write_comment(place=Place(project), author=creator, body=TEXT, now=NOW)
    write_faq(project=project, by=creator, entries=[Entry("x", TEXT, None)], version=None, now=NOW)
    choose_profile(user=creator, name="x", about=TEXT, links=[], shows_backed=False, may_be_found=False, now=NOW)
    admin = make_user(is_staff=True)
    write_collection(
        collection=None, by=admin, title="x", text=TEXT, slugs=[project.slug], is_shown=True, now=NOW
    )  # fmt: skip
    for kind, _source, shown in WRITTEN:
        kind.objects.update(**{shown: "<p>of old</p>"})
    gone = write_comment(place=Place(project), author=make_user(), body="x", now=NOW)
    type(gone).objects.filter(pk=gone.pk).update(body="", body_html="", deleted_at=NOW)
    call_command("render_again")
    assert capsys.readouterr().out.count(": 1 shown anew") == len(WRITTEN)
    for kind, source, shown in WRITTEN:
        assert set(kind.objects.exclude(**{source: ""}).values_list(source, shown)) == {(TEXT, render_markdown(TEXT))}
    assert Project.objects.get().renderer_version == RENDERER_VERSION
    assert set(render_again().values()) == {0}
