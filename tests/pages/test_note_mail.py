from uuid import uuid4

import pytest

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
    assert (mail_notes(now=NOW), mail_notes(now=NOW)) == (1, 0)
    sent = MailboxMessage.objects.filter(subject=f"{project.title}: Week 1").values_list("recipient", flat=True)
    assert sorted(sent) == sorted([money.email, compute.email, both.email])
