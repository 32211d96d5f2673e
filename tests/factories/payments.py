"""Card pledges made as a browser would: the stand-in's shared test cards instead of a typed number."""

from uuid import uuid4

from payments import provider
from payments.services import cards
from payments.services.applying import refresh
from payments.services.pledging import Choice, start_pledge
from tests.factories.people import NOW, make_user
from values.money import Money


def chosen(project, amount=5000, *, tip=0, **fields):
    """What a backer chooses, in minor units."""
    tip_money = Money(tip, project.currency) if tip else None
    return Choice(amount=Money(amount, project.currency), tip=tip_money, **fields)


def started(project, *, amount=5000, reward=None, backer=None, token=None, now=NOW, **fields):
    return start_pledge(
        project=project, backer=backer or make_user(), choice=chosen(project, amount, reward=reward, **fields),
        client_token=token or uuid4(), now=now,
    )  # fmt: skip


def pledged(project, *, card="pm_card_visa", now=NOW, **fields):
    """A pledge whose card was confirmed."""
    pledge = started(project, now=now, **fields)
    facts = cards.browser_facts(pledge)
    client = provider.client().v1
    intents = client.setup_intents if facts["kind"] == "setup" else client.payment_intents
    intents.confirm(facts["client_secret"].split("_secret_")[0], {"payment_method": card})
    return refresh(pledge_id=pledge.pk, now=now)
