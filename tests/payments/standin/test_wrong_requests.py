"""Requests that are wrong in some way: a clear refusal, never a crash and never a false yes."""

import os
import subprocess
import sys

import pytest
import requests

from payments.stripe_standin.routes import OPERATIONS
from payments.stripe_standin.shapes import ELSEWHERE, operations
from tests.factories.standin import SECRET

SHAPES = {"": "", "text": "x", "number": "-1", "deep": {"a": {"b": "c"}}, "list": ["x", "y"]}
OBJECTS = {
    "customers": "cus_none", "payment_methods": "pm_card_visa", "setup_intents": "seti_none", "refunds": "re_none",
    "payment_intents": "pi_none", "charges": "ch_none", "disputes": "du_none", "payouts": "po_none",
}  # fmt: skip


def flat(name, value):
    """Form fields of a nested value."""
    if isinstance(value, dict):
        return {key: item for child, inner in value.items() for key, item in flat(f"{name}[{child}]", inner).items()}
    if isinstance(value, list):
        return {f"{name}[{index}]": item for index, item in enumerate(value)}
    return {name: value}


def send(base, method, template, values):
    path = template.replace("{id}", OBJECTS.get(template.split("/")[2], "none")).replace("{reversal}", "trr_none")
    headers = {"Authorization": f"Bearer {SECRET}"}
    if path.startswith("/v2/") and method == "POST":
        return requests.request(method, base + path, json=values, headers=headers, timeout=10)
    fields = {key: item for name, value in values.items() for key, item in flat(name, value).items()}
    sent = {"data": fields} if method == "POST" else {"params": fields}
    return requests.request(method, base + path, headers=headers, timeout=10, **sent)


@pytest.mark.parametrize("operation", sorted(OPERATIONS), ids=" ".join)
def test_no_shape_of_a_parameter_breaks_an_operation(standin_process, operation):
    method, template = operation
    for name in OPERATIONS[operation].allowed:
        for label, value in SHAPES.items():
            answer = send(standin_process.base, method, template, {name: value})
            assert answer.status_code in {200, 400, 402, 404, 501}, (name, label, answer.text)
            assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("operation", sorted(OPERATIONS), ids=" ".join)
def test_unknown_parameters_are_400_and_those_of_stripe_alone_501(standin_process, operation):
    method, template = operation
    answer = send(standin_process.base, method, template, {"colour": "red"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "parameter_unknown")
    for name in [name for name, shape in operations()[" ".join(operation)].items() if shape == ELSEWHERE]:
        answer = send(standin_process.base, method, template, {name: "x"})
        assert (answer.status_code, name in answer.json()["error"]["message"]) == (501, True)


@pytest.mark.parametrize("address", ["/v1/products", "/v1/charges", "/v1/refunds/re_1/cancel", "/nothing"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_an_address_that_is_not_implemented_is_501(standin_process, address, method):
    answer = requests.request(method, standin_process.base + address, timeout=10)
    assert (answer.status_code, address in answer.json()["error"]["message"]) == (501, True)


def test_broken_bodies_are_refused(standin_process):
    headers = {"Authorization": f"Bearer {SECRET}"}
    wrong = [
        ("/v1/customers", b"metadata=x&metadata[a]=b"), ("/v1/customers", b"a]b[=1"), ("/v1/customers", b"\xff=\xfe"),
        ("/v2/core/accounts", b"{"), ("/v2/core/accounts", b"[1]"),
    ]  # fmt: skip
    for path, body in wrong:
        answer = requests.post(standin_process.base + path, data=body, headers=headers, timeout=10)
        assert answer.status_code == 400, (path, body, answer.text)


def test_a_browsers_key_reads_an_intent_only_with_its_secret(provider, standin):
    intent = provider.v1.payment_intents.create({"amount": 500, "currency": "eur"})
    headers = {"Authorization": "Bearer pk_test_standin_commonweave"}
    url = f"{standin.base}/v1/payment_intents/{intent.id}"
    assert requests.get(url, headers=headers, timeout=10).status_code == 403
    wrong = {"client_secret": f"{intent.id}_secret_wrong"}
    assert requests.get(url, params=wrong, headers=headers, timeout=10).status_code == 404
    right = {"client_secret": intent.client_secret}
    assert requests.get(url, params=right, headers=headers, timeout=10).json()["id"] == intent.id


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("STRIPE_SECRET_KEY", "sk_live_1", "beside live keys"),
        ("STRIPE_SECRET_KEY", "rk_live_1", "beside live keys"),
        ("STRIPE_API_KEY", "sk_live_1", "beside live keys"),
        ("COMMONWEAVE_MODE", "production", "not start in production"),
    ],
)
def test_it_does_not_start_beside_live_keys_or_in_production(tmp_path, name, value, sentence):
    argv = [sys.executable, "-m", "payments.stripe_standin", "--port", "28600", "--state-dir", str(tmp_path)]
    argv += ["--webhook-url", "http://127.0.0.1:9/"]
    done = subprocess.run(
        argv, env={**os.environ, name: value}, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode != 0
    assert sentence in done.stderr
