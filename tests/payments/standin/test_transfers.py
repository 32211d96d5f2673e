"""Transfers: only to an able recipient, only from available money, reversed at most once."""

import pytest
import requests
import stripe


def recipient(provider, *, onboarded=True):
    made = provider.v2.core.accounts.create(
        {"contact_email": "c@test.example", "display_name": "C", "configuration": {"recipient": {}}}
    )
    onboarding = {"configurations": ["recipient"], "refresh_url": "https://x.test/"}
    use = {"type": "account_onboarding", "account_onboarding": onboarding}
    link = provider.v2.core.account_links.create({"account": made.id, "use_case": use})
    if onboarded:
        requests.post(link.url, timeout=10, allow_redirects=False)
    return made.id


def charged(provider, amount, currency="eur", card="pm_card_bypassPending"):
    return provider.v1.payment_intents.create(
        {"amount": amount, "currency": currency, "payment_method": card, "confirm": True}
    )


def available(provider, currency="eur"):
    return next((line.amount for line in provider.v1.balance.retrieve().available if line.currency == currency), 0)


def test_a_transfer_takes_available_money_and_is_found_by_its_group(provider):
    account = recipient(provider)
    charged(provider, 1_000_000)
    before = available(provider)
    sent = provider.v1.transfers.create(
        {"amount": 2500, "currency": "eur", "destination": account, "transfer_group": f"g_{account}",
         "metadata": {"milestone": "3"}}
    )  # fmt: skip
    assert available(provider) == before - 2500
    booked = provider.v1.balance_transactions.retrieve(sent.balance_transaction)
    assert (booked.amount, booked.type, booked.source) == (-2500, "transfer", sent.id)
    for by in ({"transfer_group": f"g_{account}"}, {"destination": account}):
        assert [item.id for item in provider.v1.transfers.list(by).data] == [sent.id]


def test_money_that_is_still_pending_cannot_be_transferred(provider):
    account = recipient(provider)
    charged(provider, 9_000_000, "gbp", "pm_card_visa")
    too_much = available(provider, "gbp") + 1
    with pytest.raises(stripe.InvalidRequestError) as refused:
        provider.v1.transfers.create({"amount": too_much, "currency": "gbp", "destination": account})
    assert refused.value.code == "balance_insufficient"


def test_a_charge_can_pass_its_own_pending_money_on_once(provider):
    account = recipient(provider)
    source = charged(provider, 4000, card="pm_card_visa").latest_charge
    values = {"amount": 3000, "currency": "eur", "destination": account, "source_transaction": source}
    sent = provider.v1.transfers.create(values)
    assert sent.transfer_group == f"group_{source}"
    assert provider.v1.balance_transactions.retrieve(sent.balance_transaction).status == "pending"
    with pytest.raises(stripe.InvalidRequestError, match="exceed its amount"):
        provider.v1.transfers.create(values)


def test_a_recipient_without_the_capability_gets_nothing(provider):
    charged(provider, 2000)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        provider.v1.transfers.create(
            {"amount": 100, "currency": "eur", "destination": recipient(provider, onboarded=False)}
        )
    assert refused.value.code == "insufficient_capabilities_for_transfer"
    with pytest.raises(stripe.InvalidRequestError, match="No such destination"):
        provider.v1.transfers.create({"amount": 100, "currency": "eur", "destination": "acct_none"})


def test_reversals_never_pass_the_transfer(provider):
    account = recipient(provider)
    charged(provider, 1_000_000)
    sent = provider.v1.transfers.create({"amount": 1000, "currency": "eur", "destination": account}).id
    before = available(provider)
    first = provider.v1.transfers.reversals.create(sent, {"amount": 400})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unreversed"):
        provider.v1.transfers.reversals.create(sent, {"amount": 601})
    second = provider.v1.transfers.reversals.create(sent)
    assert (second.amount, available(provider)) == (600, before + 1000)
    assert provider.v1.transfers.retrieve(sent).reversed is True
    assert [item.id for item in provider.v1.transfers.reversals.list(sent).data] == [second.id, first.id]
    with pytest.raises(stripe.InvalidRequestError, match="already fully reversed"):
        provider.v1.transfers.reversals.create(sent)


def test_a_recipient_whose_capability_is_taken_away_gets_nothing_and_it_is_told(provider, order, happened):
    account = recipient(provider)
    charged(provider, 2000)
    order(capability_off={"account": account})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        provider.v1.transfers.create({"amount": 100, "currency": "eur", "destination": account})
    assert refused.value.code == "insufficient_capabilities_for_transfer"
    assert happened(account) == ["account.updated", "account.updated"]
    thin = [event.type for event in provider.v2.core.events.list({"object_id": account}).data]
    changed = "v2.core.account[configuration.recipient].capability_status_updated"
    assert thin == [changed, changed, "v2.core.account.created"]
    assert provider.v1.accounts.retrieve(account).capabilities.transfers == "inactive"
