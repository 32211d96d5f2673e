"""Reports of projects, comments and people: triaged, closed with an outcome that the reporter is told."""

import pytest
from django.urls import reverse

from audit.models import StaffAction
from notices.models import Notice
from projects.community.comments import Place, write_comment
from projects.errors import ReportRefused
from projects.models import Report
from projects.trust.reporting import close_report, report, take_report
from projects.trust.targets import find_target
from tests.api.calling import Caller
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


def reported(project, by=None, words="They ask for money twice."):
    target = find_target("project", project.pk)
    return report(target=target, reporter=by or make_user(), reason="fraud", words=words, now=NOW)


def close(found, by, outcome="nothing", words="We looked."):
    return close_report(report_id=found.pk, by=by, outcome=outcome, words=words, now=NOW)


def test_a_report_is_one_until_it_is_closed(project):
    person = make_user()
    first = reported(project, person)
    assert reported(project, person).words == first.words
    # What is said on top of it is not lost.
    assert reported(project, person, "And they sell shoes.") == first
    first.refresh_from_db()
    assert first.words == "They ask for money twice.\n\nAnd they sell shoes."
    reported(project, person, "x" * 2000)
    first.refresh_from_db()
    assert len(first.words) == 2000
    close(first, make_user(is_staff=True))
    assert reported(project, person) != first


def test_what_is_ones_own_or_not_there_is_not_reported(client, project):
    with pytest.raises(ReportRefused, match="your own"):
        reported(project, project.creator)
    client.force_login(make_user())
    draft = make_project(state="draft")
    for kind, pk in (("project", draft.pk), ("project", 10**9), ("planet", 1), ("comment", 5)):
        assert client.get(reverse("projects:report", args=[kind, pk])).status_code == 404


def test_projects_comments_and_people_are_reported_by_pages(client, project):
    author, reporter = make_user(), make_user()
    place = Place(project=project)
    comment = write_comment(place=place, author=author, body="Buy my shoes.", now=NOW)
    client.force_login(reporter)
    assert "Report" in client.get(project.get_absolute_url()).content.decode()
    for kind, pk in (("project", project.pk), ("comment", comment.pk), ("person", author.pk)):
        address = reverse("projects:report", args=[kind, pk])
        assert client.get(address).status_code == 200
        refused = client.post(address, {"reason": "spam", "words": ""})
        assert refused.status_code == 422
        assert client.post(address, {"reason": "spam", "words": "Shoes."}).status_code == 302
    assert list(Report.objects.values_list("target", flat=True)) == ["project", "comment", "person"]


def test_a_report_goes_from_open_by_acting_to_closed_and_is_kept(client, project):
    found, admin = reported(project), make_user(is_staff=True)
    reviewer = make_user(is_reviewer=True)
    client.force_login(reviewer)
    address = reverse("projects:triage", args=[found.pk])
    assert client.post(address, {"deed": "take"}).status_code == 302
    with pytest.raises(ReportRefused, match="Somebody else has it"):
        take_report(report_id=found.pk, by=admin, now=NOW)
    kept = client.post(address, {"deed": "close", "outcome": "talked", "words": ""})
    assert kept.status_code == 422
    client.post(address, {"deed": "close", "outcome": "talked", "words": "They will not do it again."})
    found.refresh_from_db()
    assert (found.state, found.handler, found.outcome) == ("closed", reviewer, "talked")
    deed = StaffAction.objects.get()
    assert (deed.actor, deed.action, deed.subject) == (reviewer, "close_report", f"project:{project.pk}")
    notice = Notice.objects.get(person=found.reporter)
    assert (notice.kind, notice.body) == ("report", "They will not do it again.")
    with pytest.raises(ReportRefused, match="closed already"):
        close(found, admin)
    assert (
        found.get_reason_display() in client.get(reverse("projects:reports") + "?state=closed").content.decode().lower()
    )


def test_nobody_decides_on_a_report_of_their_own(project):
    project.creator.is_staff = True
    project.creator.save()
    found = reported(project, make_user(is_staff=True))
    for person in (project.creator, found.reporter):
        with pytest.raises(ReportRefused, match="part of this"):
            close(found, person)
    with pytest.raises(ReportRefused, match="Only admins and reviewers"):
        close(found, make_user())


def test_a_report_is_told_to_whoever_may_decide_on_it_and_its_end_to_the_reporter_alone(project):
    admin, reviewer, teammate = make_user(is_staff=True), make_user(is_reviewer=True), make_user(is_staff=True)
    reporter = make_user(is_reviewer=True)
    type(project.creator).objects.filter(pk=project.creator_id).update(is_staff=True)
    project.teammates.create(user=teammate, added_at=NOW)
    found = reported(project, reporter)
    told = Notice.objects.filter(kind="queue", key=f"reported:{found.pk}")
    assert set(told.values_list("person", flat=True)) == {admin.pk, reviewer.pk}
    notice = told.first()
    assert (notice.title, notice.body, notice.path) == (
        f"Reported: {project.title}", "They ask for money twice.", f"/reports/{found.pk}/",
    )  # fmt: skip
    close(found, admin, "talked", "They mend it.")
    (end,) = Notice.objects.filter(kind="report")
    assert (end.person, end.body) == (reporter, "They mend it.")
    outcome = found.__class__.Outcome("talked").label
    assert end.title == f"What became of your report of “{project.title}”: {outcome}"
    assert end.path == project.get_absolute_url()
    # Whom it is about learns of neither.
    assert not Notice.objects.filter(person=project.creator).exists()


def test_whoever_is_reported_is_never_named_to_the_reporter_nor_the_reporter_to_them(client, project):
    found = reported(project, make_user())
    client.force_login(project.creator)
    for address in (project.get_absolute_url(), reverse("notices:list")):
        page = client.get(address).content.decode()
        assert found.words not in page
        assert found.reporter.email not in page


def test_whoever_looks_at_reports_sees_none_about_themselves(client, project):
    reviewer = make_user(is_reviewer=True)
    own = make_project(creator=reviewer)
    project.teammates.create(user=reviewer, added_at=NOW)
    comment = write_comment(place=Place(make_project()), author=reviewer, body="Buy shoes.", now=NOW)
    about = [("project", own.pk), ("project", project.pk), ("comment", comment.pk), ("person", reviewer.pk)]
    for kind, pk in about:
        report(target=find_target(kind, pk), reporter=make_user(), reason="spam", words="Secret words.", now=NOW)
    client.force_login(reviewer)
    program = Caller(reviewer)
    assert "Secret words." not in client.get(reverse("projects:reports")).content.decode()
    assert program.get("staff/reports").json()["items"] == []
    for found in Report.objects.all():
        address = reverse("projects:triage", args=[found.pk])
        assert client.get(address).status_code == client.post(address, {"deed": "take"}).status_code == 404
        assert program.get(f"staff/reports/{found.pk}").status_code == 404
        assert program.ask("PUT", f"staff/reports/{found.pk}/claim").status_code == 404
    assert len(Caller(make_user(is_staff=True)).get("staff/reports").json()["items"]) == len(about)


def test_the_queue_is_bounded_in_queries(client, project, django_assert_max_num_queries):
    for _ in range(12):
        reported(project)
    comment = write_comment(place=Place(project), author=make_user(), body="Buy shoes.", now=NOW)
    person = comment.author
    for kind, pk in (("comment", comment.pk), ("person", person.pk)):
        target = find_target(kind, pk)
        report(target=target, reporter=make_user(), reason="spam", words="Shoes.", now=NOW)
    client.force_login(make_user(is_staff=True))
    with django_assert_max_num_queries(10):
        page = client.get(reverse("projects:reports")).content.decode()
    for words in (
        f"Project: {project.title}",
        f"Comment: {project.title}: Buy shoes.",
        f"Person: {person.public_name}",
    ):
        assert words in page
    client.force_login(make_user())
    assert client.get(reverse("projects:reports")).status_code == 403
