"""Every answer of the stand-in against the official specification of the API version that it speaks."""

import json

import pytest

from payments.stripe_standin import API_VERSION
from payments.stripe_standin.routes import OPERATIONS
from tests.payments.standin import scenario, shapes
from tests.payments.standin.caller import Caller
from tests.payments.standin.specification import official, parameters, problems, request_problems, specification


@pytest.fixture(scope="module")
def called(standin_process):
    """One scenario through every operation."""
    call = Caller(standin_process.base)
    scenario.everything(call)
    return call


def test_the_version_is_the_specifications():
    assert specification()["info"]["version"] == API_VERSION


def test_every_operation_is_in_the_specification():
    for method, path in OPERATIONS:
        assert method.lower() in specification()["paths"][official(path)]


def test_the_shapes_of_parameters_are_the_specifications():
    """Write the file anew with `python -m tests.payments.standin.shapes` after a change of the routes."""
    assert shapes.FILE.read_text() == shapes.text()


def test_no_operation_takes_a_parameter_that_stripe_does_not_have():
    for (method, path), operation in OPERATIONS.items():
        assert operation.allowed <= parameters(method, path), (method, path)


def test_every_operation_was_called_and_every_answer_is_valid(called):
    assert set(OPERATIONS) - called.seen == set()
    assert called.wrong == []


def test_a_wrong_answer_would_be_seen():
    assert problems({"$ref": "#/components/schemas/customer"}, json.loads('{"id": 1, "object": "customer"}')) != []


def test_a_wrong_request_would_be_seen():
    assert request_problems("POST", "/v1/refunds", "amount=ten", "") != []
    assert request_problems("POST", "/v1/refunds", "colour=red", "") != []
    assert request_problems("GET", "/v1/refunds", "", "colour=red") != []
    assert request_problems("POST", "/v1/refunds", "payment_intent=pi_1&amount=10&metadata[a]=b", "") == []
