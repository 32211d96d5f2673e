"""Discussions: who may write, correct, delete, hide and close; who hears of it; what each reader sees."""

from datetime import timedelta

import pytest
from django.urls import reverse

from audit.models import StaffAction
from notices.models import Notice
from projects.community.comments import EDIT_WINDOW, Place, delete_comment, edit_comment, write_comment
from projects.community.moderating import hide_comment, lock_thread, mark_answered, show_comment
from projects.community.notes import publish_note
from projects.community.threads import read_discussion, threads_of
from projects.errors import CommentRefused
from projects.models import Comment, Teammate
from tests.factories.backing import backs
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def project():
    return make_project(slug="talked-of")


def said(project, body="Which data?", author=None, now=NOW, **fields):
    place = Place(project, fields.pop("note", None), fields.pop("thread", None))
    return write_comment(place=place, author=author or make_user(), body=body, now=now, **fields)


def address(comment, deed):
    return reverse(f"projects:{deed}", args=[comment.project.slug, comment.pk])


def told(kind):
    return sorted(Notice.objects.filter(kind=kind).values_list("person_id", flat=True))


def test_the_thread_hears_of_answers_and_the_team_of_everything_else(project):
    asker, other = make_user(), make_user()
    root = said(project, author=asker, kind="question")
    assert (told("comment"), told("reply")) == ([project.creator_id], [])
    said(project, "I wonder too.", author=other, thread=root)
    assert (told("comment"), told("reply")) == ([project.creator_id] * 2, [asker.pk])
    said(project, "Public ones.", author=project.creator, thread=root)
    assert told("reply") == sorted([asker.pk, asker.pk, other.pk])
    assert Notice.objects.filter(
        kind="reply"
    ).first().path == f"/projects/talked-of/discussion/{root.pk}/#comment-" + str(Comment.objects.last().pk)


def test_threads_are_one_level_deep_and_a_double_click_is_one_comment(project):
    root = said(project)
    answer = said(project, "Yes.", thread=root)
    assert said(project, "Yes.", author=answer.author, thread=root).pk == answer.pk
    with pytest.raises(CommentRefused, match="not to an answer"):
        said(project, thread=answer)


def test_badges_say_who_speaks(project, client):
    backer, mate = make_user(), make_user()
    backs(project, backer)
    Teammate.objects.create(project=project, user=mate, added_at=NOW)
    for author in (make_user(), backer, mate, project.creator):
        said(project, author=author)
    found = read_discussion(project=project, threads=threads_of(project), reader=None, now=NOW)
    assert [thread.badge for thread in found.threads] == ["creator", "team", "backer", ""]
    page = client.get("/projects/talked-of/discussion/").content.decode()
    assert ("Creator</span>" in page, "Team</span>" in page, "Backer</span>" in page) == (True, True, True)


def test_a_page_takes_as_many_queries_for_few_threads_as_for_many(project, django_assert_max_num_queries):
    for number in range(25):
        root = said(project, f"n{number}")
        said(project, "yes", thread=root)
    for size in (2, 20):
        with django_assert_max_num_queries(9):
            found = read_discussion(project=project, threads=threads_of(project), reader=None, now=NOW, a_page=size)
        assert (len(found.threads), found.threads[0].comment.body, len(found.threads[0].answers)) == (size, "n24", 1)
        assert found.older == found.threads[-1].comment.pk


def test_words_are_markdown_and_harmless(project, client):
    said(project, "*fine* <script>alert(1)</script> [x](javascript:alert(1))")
    page = client.get("/projects/talked-of/").content.decode()
    assert ("<em>fine</em>" in page, "<script>alert" in page, 'href="javascript' in page) == (True, False, False)


def test_words_are_corrected_for_a_while_and_by_their_author(project, client):
    comment = said(project)
    edit_comment(comment=comment, by=comment.author, body="Which data exactly?", now=NOW + MINUTE)
    comment.refresh_from_db()
    assert (comment.body, comment.edited_at) == ("Which data exactly?", NOW + MINUTE)
    for by, now in ((comment.author, NOW + EDIT_WINDOW), (make_user(), NOW)):
        with pytest.raises(CommentRefused, match="30 minutes"):
            edit_comment(comment=comment, by=by, body="x", now=now)
    client.force_login(make_user())
    assert client.post(address(comment, "edit_comment"), {"body": "x"}).status_code == 404


def test_deleting_leaves_a_mark_and_no_words(project, client):
    comment = said(project, "Too rash.")
    with pytest.raises(CommentRefused):
        delete_comment(comment=comment, by=make_user(), now=NOW)
    client.force_login(comment.author)
    client.post(address(comment, "delete_comment"))
    client.logout()
    page = client.get("/projects/talked-of/discussion/").content.decode()
    assert ("Too rash" in page, "Deleted by its author" in page) == (False, True)
    assert comment.author.public_name not in page
    with pytest.raises(CommentRefused, match="no longer there"):
        said(project, thread=comment)


def test_what_is_hidden_is_read_by_its_author_and_moderators_with_the_reason(project, client):
    comment = said(project, "Buy my coins.")
    with pytest.raises(CommentRefused, match="Say why"):
        hide_comment(comment=comment, by=project.creator, reason=" ", now=NOW)
    with pytest.raises(CommentRefused, match="moderators"):
        hide_comment(comment=comment, by=make_user(), reason="x", now=NOW)
    hide_comment(comment=comment, by=project.creator, reason="An advertisement.", now=NOW)
    assert Notice.objects.get(kind="moderated").body == "An advertisement."
    for user, reads in ((None, False), (make_user(), False), (comment.author, True), (project.creator, True)):
        if user:
            client.force_login(user)
        page = client.get("/projects/talked-of/discussion/").content.decode()
        assert ("Buy my coins" in page, "An advertisement." in page) == (reads, reads)
    client.force_login(make_user())
    assert client.get(f"/report/comment/{comment.pk}/").status_code == 404
    show_comment(comment=comment, by=project.creator, now=NOW)
    client.logout()
    assert "Buy my coins" in client.get("/projects/talked-of/discussion/").content.decode()


def test_what_an_admin_does_on_others_projects_is_kept(project):
    admin, comment = make_user(is_staff=True), said(project)
    hide_comment(comment=comment, by=admin, reason="Insult.", now=NOW)
    kept = StaffAction.objects.get()
    assert (kept.action, kept.subject, kept.reason) == ("hide_comment", f"comment:{comment.pk}", "Insult.")


def test_a_closed_thread_takes_no_more_answers(project, client):
    root = said(project)
    client.force_login(project.creator)
    client.post(address(root, "lock_thread"))
    with pytest.raises(CommentRefused, match="closed"):
        said(project, thread=root)
    page = client.get(root.get_absolute_url()).content.decode()
    assert ("takes no more answers" in page, 'name="body"' in page) == (True, False)
    lock_thread(comment=root, by=project.creator, is_locked=False, now=NOW)
    assert said(project, thread=root).thread_id == root.pk


def test_a_question_is_answered_and_joins_the_answers_for_good(project, client):
    question = said(project, "Which data?\n\nI could not find it.", kind="question")
    with pytest.raises(CommentRefused, match="Only who asked"):
        mark_answered(comment=question, by=make_user(), is_answered=True, now=NOW)
    client.force_login(project.creator)
    assert 'value="Which data?"' in client.get(address(question, "to_faq")).content.decode()
    client.post(address(question, "to_faq"), {"question": "Which data?", "answer": "*Public* ones."})
    question.refresh_from_db()
    assert question.answered_at is not None
    page = client.get("/projects/talked-of/").content.decode()
    assert "<em>Public</em> ones." in page
    open_ones = client.get("/projects/talked-of/discussion/?show=open").content.decode()
    assert "I could not find it" not in open_ones


def test_the_team_edits_orders_and_removes_its_answers(project, client):
    client.force_login(project.creator)

    def typed(*rows, initial=0):
        form = {"faq-TOTAL_FORMS": len(rows), "faq-INITIAL_FORMS": initial}
        for number, (question, answer, order, removed, pk) in enumerate(rows):
            values = {"question": question, "answer": answer, "ORDER": order, "pk": pk} | (
                {"DELETE": "on"} if removed else {}
            )
            form |= {f"faq-{number}-{name}": value for name, value in values.items()}
        return client.post("/projects/talked-of/faq/", form)

    typed(("A?", "a", 2, False, ""), ("B?", "b", 1, False, ""))
    first, second = project.faq.all()
    assert [first.question, second.question] == ["B?", "A?"]
    typed(("B?", "b", 1, True, first.pk), ("A?", "new", 2, False, second.pk), initial=2)
    (kept,) = project.faq.all()
    assert (kept.pk, kept.answer) == (second.pk, "new")
    assert typed(("A?", "", 1, False, kept.pk), initial=1).status_code == 422
    client.force_login(make_user())
    assert client.get("/projects/talked-of/faq/").status_code == 403


def test_the_fifth_comment_within_a_minute_waits_and_is_kept(project, client):
    user = make_user()
    client.force_login(user)
    new = reverse("projects:write_comment", args=[project.slug])
    answers = [client.post(new, {"body": f"words {number}"}) for number in range(5)]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 302, 422]
    assert "words 4" in answers[-1].content.decode()
    assert Comment.objects.count() == 4


def test_a_note_for_backers_is_discussed_by_backers(project, client):
    note = publish_note(project=project, author=project.creator, title="Secret", body="x", audience="backers", now=NOW)
    backer = make_user()
    backs(project, backer)
    comment = said(project, "Between us.", author=backer, note=note)
    with pytest.raises(CommentRefused, match="for backers"):
        said(project, note=note)
    with pytest.raises(CommentRefused, match="for backers"):
        said(project, thread=comment)
    client.force_login(make_user())
    assert client.get(comment.get_absolute_url()).status_code == 404
    new = reverse("projects:write_comment", args=[project.slug])
    assert client.get(f"{new}?thread={comment.pk}").status_code == 404
    assert client.get(f"/report/comment/{comment.pk}/").status_code == 404
    assert "Between us" not in client.get(note.get_absolute_url()).content.decode()
    assert "Between us" not in client.get("/projects/talked-of/discussion/").content.decode()
    client.force_login(backer)
    assert "Between us" in client.get(note.get_absolute_url()).content.decode()
