from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.mail.backends.locmem import EmailBackend

from compute_pledges.models import ComputePledge
from pages.models import MailboxMessage
from pages.note_mail import mail_notes
from payments.models import CashPledge
from projects.editing import publish_note
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db


def backs(project, user, state):
    CashPledge.objects.create(
        project=project,
        backer=user,
        amount_minor=500,
        currency="EUR",
        state=state,
        client_token=uuid4(),
        created_at=NOW,
    )


def lends(project, user, state):
    ComputePledge.objects.create(
        project=project, backer=user, catalog_slug="l4", pledged_us=5, state=state, client_token=uuid4(), created_at=NOW
    )


def test_a_note_is_mailed_once_to_everyone_whose_pledge_stands(settings):
    settings.EMAIL_BACKEND = "pages.mailbox.MailboxBackend"
    project = make_project()
    money, compute, both, gone = (make_user() for _ in range(4))
    backs(project, money, "active")
    backs(project, both, "collected")
    backs(project, gone, "canceled")
    lends(project, compute, "accepted")
    lends(project, both, "delivering")
    lends(project, gone, "withdrawn")
    publish_note(project=project, author=project.creator, title="Week 1", body="It *learns*.", now=NOW)
    assert (mail_notes(now=NOW), mail_notes(now=NOW)) == (3, 0)
    sent = MailboxMessage.objects.filter(subject=f"{project.title}: Week 1").values_list("recipient", flat=True)
    assert sorted(sent) == sorted([money.email, compute.email, both.email])


class OneAddressFails(EmailBackend):
    """A mail server that refuses one person."""

    def send_messages(self, messages):
        if any("refused" in address for message in messages for address in message.to):
            raise OSError("550 no such mailbox")
        return super().send_messages(messages)


def test_a_mail_that_fails_stops_no_other_and_is_tried_again(settings, mailoutbox, caplog):
    project, refused, reached = make_project(), make_user(), make_user()
    refused.email = "refused@test.example"
    refused.save()
    backs(project, refused, "active")
    backs(project, reached, "active")
    publish_note(project=project, author=project.creator, title="Week 2", body="More.", now=NOW)
    settings.EMAIL_BACKEND = f"{__name__}.OneAddressFails"
    assert (mail_notes(now=NOW), mail_notes(now=NOW)) == (1, 0)
    assert "note_mail_failed" in caplog.text
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert mail_notes(now=NOW + timedelta(minutes=5)) == 0
    assert mail_notes(now=NOW + timedelta(minutes=11)) == 1
    assert sorted(mail.to[0] for mail in mailoutbox) == sorted([reached.email, refused.email])


def test_a_note_goes_to_who_backed_when_it_was_written():
    project = make_project()
    publish_note(project=project, author=project.creator, title="Week 3", body="Nobody yet.", now=NOW)
    assert mail_notes(now=NOW) == 0
    backs(project, make_user(), "active")
    assert mail_notes(now=NOW) == 0
