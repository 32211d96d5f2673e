"""Webhooks out: who is told of what, signatures, retries, switching off, redelivery, rotation."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone

from api.errors import HookRefused
from api.hooks import sending, services, signing, telling
from api.hooks.calling import Outcome, post
from api.models import HookEndpoint, HookMessage
from compute_pledges.services.rounds import close_round
from notices.models import Notice
from payments.models import CashPledge
from payments.services.pledging import cancel_pledge
from payments.states import change_state as change_pledge
from projects.community.notes import publish_note
from projects.happenings import Kind
from projects.states import change_state
from tests.factories.compute import make_run, open_round
from tests.factories.papers import charged
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver():
    """A program that takes messages, or answers as it is told."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.taken.append((dict(self.headers), body.decode()))
            self.send_response(server.status)
            if server.status == 302:
                self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            self.wfile.write(b"thanks")

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.taken, server.status = [], 200
    server.url = f"http://127.0.0.1:{server.server_port}/hook?a=1"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def endpoint_of(owner, *, project=None, kinds=tuple(Kind), url="https://hooks.example/x"):
    return services.register(owner=owner, url=url, kinds=kinds, project=project, now=timezone.now())


def make_pledge(project, state="active"):
    return CashPledge.objects.create(
        project=project, backer=make_user(), amount_minor=500, currency="EUR", state=state, client_token=uuid4(),
        created_at=NOW,
    )  # fmt: skip


def told(endpoint):
    return [message.kind for message in endpoint.messages.order_by("pk")]


def test_a_message_arrives_signed_and_is_logged(receiver):
    project = make_project()
    endpoint = endpoint_of(project.creator, project=project, url=receiver.url)
    change_state(project=project, target="paused", actor=project.creator, now=NOW)
    assert sending.send_due() == 1
    ((headers, body),) = receiver.taken
    assert json.loads(body) == {
        "type": "project.state_changed", "timestamp": NOW.isoformat(),
        "data": {"project": project.slug, "source": "live", "target": "paused"},
    }  # fmt: skip
    key = base64.b64decode(signing.secret_of(endpoint).removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    message = endpoint.messages.get()
    assert (message.state, message.log.get().status, message.log.get().answer) == ("delivered", 200, "thanks")
    assert sending.send_due() == 0


def test_who_is_told_of_what():
    project, stranger = make_project(), make_user()
    pledge, other = charged(project), make_pledge(project, state="locked")
    backer = pledge.backer
    whole, creator = endpoint_of(project.creator, project=project), endpoint_of(project.creator)
    backers, strangers = endpoint_of(backer), endpoint_of(stranger)
    only_notes = endpoint_of(project.creator, kinds=[Kind.NOTE_PUBLISHED])
    change_state(project=project, target="paused", actor=None, now=NOW)
    publish_note(project=project, author=project.creator, title="W1", body="x", now=NOW, audience="backers")
    change_pledge(pledge=other, target="collected", now=NOW)
    for endpoint in (whole, creator):
        assert told(endpoint) == ["project.state_changed", "note.published", "pledge.collected"]
    assert told(backers) == ["project.state_changed", "note.published"]
    assert (told(strangers), told(only_notes)) == ([], ["note.published"])


def test_a_private_state_is_told_to_the_creator_alone():
    draft = make_project(state="draft")
    backers = endpoint_of(make_pledge(draft).backer)
    creator = endpoint_of(draft.creator)
    change_state(project=draft, target="in_review", actor=None, now=NOW)
    assert (told(creator), told(backers)) == (["project.state_changed"], [])


def test_one_round_a_minute_is_told():
    run = make_run()
    endpoint = endpoint_of(run.project.creator, project=run.project)
    for index in (0, 1):
        open_round(run, index)
        close_round(run=run, index=index, held_out_loss=3.0, contributions=[], sample="", is_rolled_back=False, now=NOW)
    assert told(endpoint) == ["round.merged"]
    HookMessage.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    open_round(run, 2)
    close_round(run=run, index=2, held_out_loss=3.0, contributions=[], sample="", is_rolled_back=False, now=NOW)
    assert told(endpoint) == ["round.merged", "round.merged"]


def test_what_fails_is_tried_again_on_schedule_then_given_up():
    endpoint = endpoint_of(make_user())
    message = telling.write_test(endpoint=endpoint, now=timezone.now())
    for wait in sending.WAITS:
        before = timezone.now()
        sending.send_due(send=lambda **_: Outcome(503, "busy", 7))
        message.refresh_from_db()
        assert message.state == "pending"
        assert message.next_at - before >= wait
        HookMessage.objects.update(next_at=timezone.now())
    sending.send_due(send=lambda **_: Outcome(503, "busy", 7))
    message.refresh_from_db()
    assert (message.state, message.log.count()) == ("failed", len(sending.WAITS) + 1)


@pytest.mark.parametrize(("status", "days", "state"), [(500, 4, "active"), (500, 5, "disabled"), (410, 0, "disabled")])
def test_days_of_failure_switch_it_off_and_tell_its_owner(status, days, state):
    endpoint = endpoint_of(make_user())
    HookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=days) if days else None)
    telling.write_test(endpoint=endpoint, now=timezone.now())
    sending.send_due(send=lambda **_: Outcome(status, "", 7))
    endpoint.refresh_from_db()
    assert endpoint.state == state
    assert Notice.objects.filter(person=endpoint.owner).count() == (state == "disabled")
    HookMessage.objects.update(next_at=timezone.now())
    asked = []
    sending.send_due(send=lambda **_: asked.append(1) or Outcome(200, "", 1))
    assert bool(asked) == (state == "active")


def test_a_success_forgets_the_failures():
    endpoint = endpoint_of(make_user())
    HookEndpoint.objects.update(failing_since=timezone.now())
    telling.write_test(endpoint=endpoint, now=timezone.now())
    sending.send_due(send=lambda **_: Outcome(204, "", 1))
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


def test_after_a_rotation_both_secrets_sign_for_a_day():
    endpoint, now = endpoint_of(make_user()), timezone.now()
    old = signing.secret_of(endpoint)
    services.rotate(endpoint=endpoint, now=now)
    assert signing.secret_of(endpoint) != old
    assert signing.secret_of(endpoint, 1) == old
    for at, count in ((now, 2), (now + timedelta(days=2), 1)):
        headers = signing.headers_of(endpoint=endpoint, message_id="m", body="{}", at=at)
        assert len(headers["webhook-signature"].split()) == count


def test_a_redirect_is_not_followed_and_a_dead_port_is_an_outcome(receiver):
    receiver.status = 302
    assert post(url=receiver.url, body="{}", headers={}).status == 302
    assert len(receiver.taken) == 1
    dead = post(url="http://127.0.0.1:9/", body="{}", headers={})
    assert (dead.status, dead.is_taken) == (0, False)
    assert dead.answer


def test_pages_register_test_rotate_redeliver_and_remove(client):
    user = make_user()
    client.force_login(user)
    wrong = client.post("/developers/webhooks/", {"url": "ftp://x", "kinds": ["note.published"]})
    assert (wrong.status_code, "ftp://x" in wrong.content.decode()) == (422, True)
    form = {"url": "https://hooks.example/x", "kinds": ["note.published", "release.published"]}
    client.post("/developers/webhooks/", form)
    endpoint = user.hook_endpoints.get()
    address = f"/developers/webhooks/{endpoint.pk}/"
    client.post(f"{address}test/")
    message = endpoint.messages.get()
    assert message.kind == "test.sent"
    HookMessage.objects.update(state="failed", attempts=9)
    client.post(f"{address}messages/{message.pk}/again/")
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("pending", 0)
    secret = signing.secret_of(endpoint)
    assert secret in client.get(address).content.decode()
    client.post(f"{address}rotate/")
    assert secret not in client.get(address).content.decode()
    for deed, state in (("pause", "paused"), ("resume", "active")):
        client.post(f"{address}{deed}/")
        endpoint.refresh_from_db()
        assert endpoint.state == state
    client.force_login(make_user())
    assert client.post(f"{address}remove/").status_code == 404
    client.force_login(user)
    client.post(f"{address}remove/")
    assert not HookEndpoint.objects.exists()


def test_a_stranger_has_no_projects_events_sent():
    with pytest.raises(HookRefused):
        endpoint_of(make_user(), project=make_project())


def test_a_canceled_pledge_is_told_to_its_backer():
    pledge = make_pledge(make_project())
    endpoint = endpoint_of(pledge.backer)
    cancel_pledge(pledge_id=pledge.pk, now=NOW)
    assert told(endpoint) == ["pledge.canceled"]


def test_old_messages_are_let_go():
    endpoint = endpoint_of(make_user())
    telling.write_test(endpoint=endpoint, now=timezone.now())
    old = timezone.now() - timedelta(days=31)
    HookMessage.objects.update(created_at=old)
    assert services.forget_messages(now=timezone.now()) == 0
    HookMessage.objects.update(state="delivered")
    assert services.forget_messages(now=timezone.now()) == 1
    assert mail.outbox == []
