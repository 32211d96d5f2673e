"""One walk through every operation, in parts; each part makes what it needs."""

import requests

CARD = {"type": "card", "card[number]": "4242424242424242", "card[exp_month]": 12, "card[exp_year]": 2034,
        "card[cvc]": "123"}  # fmt: skip


def customers_and_cards(call):
    customer = call.post("/v1/customers", email="a@test.example")["id"]
    call.get(f"/v1/customers/{customer}")
    call.post(f"/v1/customers/{customer}", name="A")
    call.get("/v1/customers", email="a@test.example")
    gone = call.post("/v1/customers")["id"]
    call("DELETE", f"/v1/customers/{gone}")
    call.get(f"/v1/customers/{gone}")
    method = call.post("/v1/payment_methods", **CARD)["id"]
    call.get(f"/v1/payment_methods/{method}")
    call.post(f"/v1/payment_methods/{method}/attach", customer=customer)
    call.get("/v1/payment_methods", customer=customer)
    call.get(f"/v1/customers/{customer}/payment_methods", type="card")
    for card in ("pm_card_visa", "pm_card_authenticationRequired", "pm_card_chargeDeclined"):
        setup = call.post("/v1/setup_intents", customer=customer, usage="off_session")["id"]
        call.post(f"/v1/setup_intents/{setup}/confirm", payment_method=card)
        call.get(f"/v1/setup_intents/{setup}")
    call.post(f"/v1/setup_intents/{setup}/cancel")
    call.get("/v1/setup_intents")
    return customer, method


def charge(call, card="pm_card_visa", amount=900, currency="eur", **values):
    return call.post(
        "/v1/payment_intents", amount=amount, currency=currency, confirm="true", payment_method=card, **values
    )


def charges(call, customer, method):
    for card in ("pm_card_authenticationRequired", "pm_card_chargeDeclined", method):
        intent = call.post("/v1/payment_intents", amount=900, currency="eur", customer=customer)["id"]
        call.post(f"/v1/payment_intents/{intent}", amount=1000)
        call.post(f"/v1/payment_intents/{intent}/confirm", payment_method=card)
    paid = call.get(f"/v1/payment_intents/{intent}", **{"expand[0]": "latest_charge.balance_transaction"})
    taken = paid["latest_charge"]
    call.get(f"/v1/charges/{taken['id']}")
    call.get("/v1/charges", payment_intent=intent, **{"expand[0]": "data.balance_transaction"})
    call.get(f"/v1/balance_transactions/{taken['balance_transaction']['id']}")
    other = call.post("/v1/payment_intents", amount=900, currency="eur")["id"]
    call.post(f"/v1/payment_intents/{other}/cancel")
    call.post(f"/v1/payment_methods/{method}/detach")
    call.get("/v1/payment_intents")


def refunds(call):
    refund = call.post("/v1/refunds", payment_intent=charge(call)["id"], amount=100, reason="duplicate")["id"]
    call.get(f"/v1/refunds/{refund}")
    call.post(f"/v1/refunds/{refund}", **{"metadata[a]": "b"})
    call.control(fail_refund={"refund": refund})
    call.get(f"/v1/refunds/{refund}")
    call.get("/v1/refunds")


def disputes(call):
    disputed = charge(call, "pm_card_createDispute")
    listed = call.get("/v1/disputes", charge=disputed["latest_charge"])
    first = listed["data"][0]["id"]
    call.post(f"/v1/disputes/{first}", **{"evidence[uncategorized_text]": "winning_evidence"})
    call.get(f"/v1/disputes/{first}")
    other = charge(call)["latest_charge"]
    call.control(dispute={"charge": other, "reason": "duplicate"})
    listed = call.get("/v1/disputes", charge=other)
    call.post(f"/v1/disputes/{listed['data'][0]['id']}/close")


def recipient(call):
    account = call.post("/v2/core/accounts", contact_email="c@test.example", configuration={"recipient": {}})["id"]
    call.get(f"/v2/core/accounts/{account}")
    onboarding = {"configurations": ["recipient"], "refresh_url": "https://x.test/", "return_url": "https://x.test/"}
    use = {"type": "account_onboarding", "account_onboarding": onboarding}
    link = call.post("/v2/core/account_links", account=account, use_case=use)["url"]
    assert requests.post(link, timeout=10, allow_redirects=False).status_code == 303
    return account


def accounts(call):
    account = recipient(call)
    call.post(f"/v2/core/accounts/{account}", display_name="C", include=["configuration.recipient"])
    call.control(capability_off={"account": account})
    call.post(f"/v2/core/accounts/{account}/close", applied_configurations=["recipient"])
    call.get(f"/v1/accounts/{account}")
    listed = call.get("/v2/core/events", object_id=account, limit=2)
    call.get(listed["next_page_url"])
    call.get(f"/v2/core/events/{listed['data'][0]['id']}")


def transfers(call):
    account = recipient(call)
    charge(call, "pm_card_bypassPending", 50_000)
    sent = call.post("/v1/transfers", amount=2000, currency="eur", destination=account, transfer_group="g")["id"]
    call.get(f"/v1/transfers/{sent}")
    call.post(f"/v1/transfers/{sent}", **{"metadata[milestone]": "1"})
    back = call.post(f"/v1/transfers/{sent}/reversals", amount=500)["id"]
    call.get(f"/v1/transfers/{sent}/reversals")
    call.get(f"/v1/transfers/{sent}/reversals/{back}")
    call.post(f"/v1/transfers/{sent}/reversals/{back}", **{"metadata[a]": "b"})
    call.get("/v1/transfers", transfer_group="g")


def holds(call):
    held = charge(call, capture_method="manual")["id"]
    call.post(f"/v1/payment_intents/{held}/capture", amount_to_capture=600)
    released = charge(call, capture_method="manual")["id"]
    call.post(f"/v1/payment_intents/{released}/cancel", cancellation_reason="abandoned")


def payouts(call):
    charge(call, "pm_card_bypassPending", 50_000)
    paid = call.post("/v1/payouts", amount=100, currency="eur")["id"]
    call.get(f"/v1/payouts/{paid}")
    call.post(f"/v1/payouts/{paid}", **{"metadata[a]": "b"})
    call.control(fail_payout={"payout": paid})
    call.get(f"/v1/payouts/{paid}")
    canceled = call.post("/v1/payouts", amount=100, currency="eur")["id"]
    call.post(f"/v1/payouts/{canceled}/cancel")
    call.get("/v1/payouts", status="canceled")


def reports(call):
    call.get("/v1/balance")
    call.get("/v1/balance_transactions")
    event = call.get("/v1/events", limit=100)["data"][0]
    call.get(f"/v1/events/{event['id']}")


def everything(call):
    charges(call, *customers_and_cards(call))
    refunds(call)
    disputes(call)
    holds(call)
    accounts(call)
    transfers(call)
    payouts(call)
    reports(call)
