"""Who may come to which address, with which method. An address that the matrix does not name fails here."""

import pytest
from django.db import transaction
from django.urls import reverse

from compute_pledges.services.runs import auditor_token, run_token
from tests.authorization.matrix import MATRIX
from tests.authorization.routes import came_in, routes
from tests.authorization.world import AUDIENCES, MACHINES, PEOPLE, World
from tests.compute_pledges.test_api import bearer, signed

pytestmark = pytest.mark.django_db
# Nobody's form sends these; two who have the most to gain ask with them.
API, BOLD, UNUSUAL = "api/", ("stranger", "creator"), ("put", "patch", "delete")


@pytest.fixture
def world(standin, settings):
    # More is asked in a minute than one caller may.
    settings.API_REQUESTS_A_MINUTE = settings.API_ANONYMOUS_A_MINUTE = 10**6
    return World()


def audience(address, method):
    """Who may, as the matrix says."""
    said = MATRIX.get(address, {}).get(method, "")
    named = {one for word in said.split() for one in AUDIENCES.get(word, (word,))}
    is_machines_own = address.startswith(API)
    return named if is_machines_own or "anonymous" not in named else named | set(MACHINES)


def asked(world, who, method, path):
    """The answer to a person or a machine; nothing of it stays."""
    # Signing in is not taken back.
    world.browser(who)
    with transaction.atomic():
        answer = _ask(world, who, method, path)
        transaction.set_rollback(True)
    return answer


def _ask(world, who, method, path):
    client = world.browser(who)
    if who in MACHINES:
        return _ask_as_machine(world, who, client, method, path)
    kind = {"content_type": "application/json"} if path.startswith("/api/") and method != "get" else {}
    return getattr(client, method)(path, **kind)


def _ask_as_machine(world, who, client, method, path):
    if who in ("device", "other-device"):
        return signed(world.agent if who == "device" else world.other_agent, client, method.upper(), path)
    tokens = {
        "run": f"{world.run.pk}.{run_token(str(world.run.pk))}",
        "other-run": f"{world.other_run.pk}.{run_token(str(world.other_run.pk))}",
        "auditor": auditor_token(), "manager": world.manager_token,
        **{name: secret for name, (_, secret) in world.tokens.items()},
    }  # fmt: skip
    return client.generic(method.upper(), path, b"", content_type="application/json", headers=bearer(tokens[who]))


def differences(world, who, methods, under=""):
    """Where the site lets somebody in, or keeps them out, otherwise than the matrix says."""
    found = []
    for namespace, name, address, parts in routes():
        if not address.startswith(under):
            continue
        path = reverse(f"{namespace}:{name}" if namespace else name, kwargs=world.values(namespace, name, parts))
        for method in methods:
            answer = asked(world, who, method, path)
            if answer.status_code >= 500 or came_in(answer) != (who in audience(address, method)):
                found.append(f"{method} {address}: {answer.status_code}")
    return found


@pytest.mark.parametrize("who", PEOPLE)
def test_a_person_comes_where_the_matrix_says_and_nowhere_else(world, who):
    assert differences(world, who, ("get", "post")) == []


@pytest.mark.parametrize("who", BOLD)
def test_no_other_method_opens_a_door(world, who):
    assert differences(world, who, UNUSUAL) == []


@pytest.mark.parametrize("who", MACHINES)
def test_a_machine_comes_where_the_matrix_says_and_nowhere_else(world, who):
    assert differences(world, who, ("get", "post", "put", "patch", "delete"), API) == []


def test_elsewhere_a_machine_is_a_visitor(world):
    assert differences(world, "device", ("get",)) == []


def test_every_address_is_in_the_matrix_and_nothing_else():
    assert {address for _, _, address, _ in routes()} == set(MATRIX)


def test_the_check_sees_an_open_door(world, monkeypatch):
    closed = dict(MATRIX, **{"projects/<slug:slug>/": {}})
    monkeypatch.setattr("tests.authorization.test_matrix.MATRIX", closed)
    assert "get projects/<slug:slug>/: 200" in differences(world, "anonymous", ("get",))
