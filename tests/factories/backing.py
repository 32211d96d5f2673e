"""Pledges as rows, where only that they stand matters."""

from uuid import uuid4

from compute_pledges.models import ComputePledge
from payments.models import CashPledge
from tests.factories.people import NOW, make_user


def backs(project, user=None, state="active", **fields):
    """With money."""
    fields = {"amount_minor": 500, "currency": "EUR", "client_token": uuid4(), "created_at": NOW, **fields}
    return CashPledge.objects.create(project=project, backer=user or make_user(), state=state, **fields)


def lends(project, user=None, state="accepted", **fields):
    """With GPU time."""
    fields = {"catalog_slug": "l4", "pledged_us": 5, "client_token": uuid4(), "created_at": NOW, **fields}
    return ComputePledge.objects.create(project=project, backer=user or make_user(), state=state, **fields)
