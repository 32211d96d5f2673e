"""Notes, discussions, people, notifications, rewards and deliveries at four widths in both themes."""

import pytest
from playwright.sync_api import expect

from notices.links import unsubscribe_link

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_everyone_reads(findings, community):
    addresses = [
        "/projects/looked-at/notes/",
        "/projects/looked-at/notes/2/",
        "/projects/looked-at/discussion/",
        "/projects/looked-at/discussion/{thread}/",
    ]
    assert findings.of(address.format(**community) for address in addresses) == {}


def test_what_a_backer_sees(findings, sign_in, community):
    sign_in(community["backer"])
    addresses = [
        "/notifications/",
        "/notifications/settings/",
        "/following/",
        "/people/me/",
        "/my/rewards/",
        "/my/rewards/{delivery}/",
        "/my/rewards/{delivery}/thanks/",
        "/projects/looked-at/discussion/new/",
        "/projects/looked-at/discussion/{thread}/edit/",
    ]
    assert findings.of(address.format(**community) for address in addresses) == {}


def test_what_a_team_sees(findings, sign_in, community):
    sign_in(community["creator"])
    addresses = [
        "/projects/looked-at/",
        "/projects/looked-at/notes/2/",
        "/projects/looked-at/faq/",
        "/projects/looked-at/discussion/{thread}/faq/",
        "/projects/looked-at/rewards/",
        "/projects/looked-at/rewards/{reward}/",
        "/projects/looked-at/deliveries/",
        "/projects/looked-at/deliveries/{delivery}/",
        "/people/{person}/",
    ]
    assert findings.of(address.format(**community, person=community["creator"].pk) for address in addresses) == {}


def test_mail_is_switched_off_by_its_link_alone(page, findings, live_server, community):
    path = unsubscribe_link(person_id=community["backer"].pk, what="reply").split("/", 3)[3]
    assert findings(f"/{path}") == ""
    page.get_by_role("button", name="Switch it off").click()
    expect(page.get_by_role("heading", name="Done: no more of it")).to_be_visible()
