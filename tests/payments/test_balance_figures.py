"""Each figure of a balance is the sum of the lines behind it, to the cent."""

import pytest
from django.urls import reverse

from payments.models import Refund
from payments.services import figure_entries
from payments.services.balance_sheet import sheet_of
from payments.web.balance_page import figures_of
from tests.factories.papers import charged, lost, refunded, sent_back
from tests.factories.payments import funded_project
from tests.factories.people import NOW, make_user
from tests.payments.test_public_ledger import paid

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    """Movements of every kind, in four projects' worth of pages."""
    project = funded_project(shares=())
    refunded(charged(project, amount=9000, tip=200), 1000)
    sent_back(refunded(charged(project, amount=500), 500))
    lost(charged(project, amount=2500))
    for number in (1, 2):
        paid(project, number=number, title=f"Step {number}")
    waiting = charged(project, amount=700, tip=50)
    Refund.objects.create(
        pledge=waiting, amount_minor=300, tip_minor=20, cause="creator", idempotency_key="w", created_at=NOW
    )
    return project


def all_parts(project, key):
    parts, older = figure_entries.parts_of(project=project, figure=key)
    while older is not None:
        more, older = figure_entries.parts_of(project=project, figure=key, before=older)
        parts += more
    return parts


@pytest.mark.parametrize("page", [1, 2, 50])
def test_every_figure_is_the_sum_of_its_lines(project, monkeypatch, page):
    monkeypatch.setattr(figure_entries, "PAGE", page)
    figures = {figure.key: figure.amount.minor for figure in figures_of(project, sheet_of(project)) if figure.key}
    sums = {key: sum(part.amount.minor for part in all_parts(project, key)) for key in figure_entries.SOURCES}
    assert sums == figures
    assert {key for key, minor in sums.items() if not minor} <= {"disputed", "unsettled", "being-sent"}


def test_a_figure_opens_with_its_lines_for_the_creator_alone(client, project):
    address = reverse("payments:balance_figure", args=[project.slug, "collected"])
    client.force_login(project.creator)
    page = client.get(address).content.decode()
    assert page.count("<tr>") == 5
    assert "Collected" in page
    assert address in client.get(reverse("payments:balance", args=[project.slug])).content.decode()
    assert client.get(reverse("payments:balance_figure", args=[project.slug, "nothing"])).status_code == 404
    client.force_login(make_user())
    assert client.get(address).status_code == 403


def test_lines_cost_the_same_number_of_queries_however_many(client, project, django_assert_max_num_queries):
    client.force_login(project.creator)
    for key in figure_entries.SOURCES:
        with django_assert_max_num_queries(12):
            assert client.get(reverse("payments:balance_figure", args=[project.slug, key])).status_code == 200
