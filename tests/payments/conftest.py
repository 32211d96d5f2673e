"""Every request that the stand-in takes in these tests is held against the official specification at the end."""

import json

import pytest
import requests

from tests.factories.standin import SECRET
from tests.payments.standin.specification import request_problems

# Refused with 402: the request was right, the card was not.
TAKEN = {200, 402}


def recorded_problems(lines):
    """(how many taken requests were checked, what the specification does not allow in them)."""
    requests = {line for line in lines if json.loads(line)["status"] in TAKEN}
    found = []
    for line in requests:
        asked = json.loads(line)
        found += request_problems(asked["method"], asked["path"], asked["body"], asked["query"])
    return len(requests), sorted(set(found))


@pytest.fixture(scope="session")
def record(standin_process, tmp_path_factory):
    """The file of the recorded requests."""
    path = tmp_path_factory.mktemp("recorded") / "requests.jsonl"
    path.touch()
    order = {"url": f"{standin_process.base}/standin/control", "headers": {"Authorization": f"Bearer {SECRET}"}}
    requests.post(json={"record": str(path)}, timeout=10, **order).raise_for_status()
    yield path
    requests.post(json={"record": ""}, timeout=10, **order).raise_for_status()


@pytest.fixture(scope="session", autouse=True)
def _every_taken_request_is_official(record):
    """What the stand-in takes, Stripe would take: nothing outside the specification passes unseen."""
    yield
    _, wrong = recorded_problems(record.read_text().splitlines())
    assert wrong == []


@pytest.fixture
def able_recipient(provider):
    """A recipient at the stand-in that went through onboarding."""
    made = provider.v2.core.accounts.create({"contact_email": "c@test.example", "configuration": {"recipient": {}}})
    onboarding = {"configurations": ["recipient"], "refresh_url": "https://x.test/"}
    use = {"type": "account_onboarding", "account_onboarding": onboarding}
    link = provider.v2.core.account_links.create({"account": made.id, "use_case": use})
    requests.post(link.url, timeout=10, allow_redirects=False).raise_for_status()
    return made.id
