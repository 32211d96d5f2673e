"""The event stream over real HTTP and real NOTIFY."""

import contextlib
import threading
import time
import urllib.error
import urllib.request

import pytest
import uvicorn
from django.utils import timezone

from compute_pledges.services.rounds import close_round
from launcher.places import Ports
from pages.event_stream import build_application
from tests.factories.compute import make_run, open_round
from tests.factories.people import make_project

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stream_url():
    port = Ports.free().events
    server = uvicorn.Server(
        uvicorn.Config(build_application(), host="127.0.0.1", port=port, log_level="error", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def events(response):
    """(id, data) of each `weave` event."""
    fields = {"id": "", "data": []}
    for raw in response:
        line = raw.decode().rstrip("\r\n")
        if not line and fields["data"]:
            yield fields["id"], "\n".join(fields["data"])
            fields = {"id": "", "data": []}
        name, _, value = line.partition(": ")
        if name == "id":
            fields["id"] = value
        elif name == "data":
            fields["data"].append(value)


def test_a_closed_round_reaches_the_browser_and_a_known_state_is_not_sent_again(stream_url):
    run = make_run()
    open_round(run)
    address = f"{stream_url}/runs/{run.pk}/events"
    with contextlib.closing(urllib.request.urlopen(address, timeout=10)) as response:
        stream = events(response)
        _, first = next(stream)
        assert "Round 0 is open; no round has closed yet." in first
        close_round(
            run=run, index=0, held_out_loss=4.25, contributions=[], sample="x", is_rolled_back=False, now=timezone.now()
        )
        mark, second = next(stream)
        assert "Round 0 closed with a held-out loss of 4.250." in second
    again = urllib.request.Request(address, headers={"Last-Event-ID": mark})
    with contextlib.closing(urllib.request.urlopen(again, timeout=10)) as response:
        open_round(run, 1)
        new_mark, third = next(events(response))
    assert "Round 1 is being trained." in third
    assert new_mark != mark


@pytest.mark.parametrize(
    ("language", "opened", "next_one"),
    [("de", "Runde 0 läuft", "Runde 1 wird trainiert."), ("xx", "Round 0 is open", "Round 1 is being trained.")],
)
def test_each_reader_gets_the_language_of_their_page(stream_url, language, opened, next_one):
    run = make_run()
    open_round(run)
    address = f"{stream_url}/runs/{run.pk}/events?language={language}"
    with contextlib.closing(urllib.request.urlopen(address, timeout=10)) as response:
        stream = events(response)
        assert opened in next(stream)[1]
        open_round(run, 1)
        assert next_one in next(stream)[1]


def test_runs_of_private_projects_have_no_stream(stream_url):
    run = make_run(project=make_project(state="suspended"))
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{stream_url}/runs/{run.pk}/events", timeout=10)


def test_a_quiet_run_gives_a_sign_of_life_that_pages_see(stream_url, monkeypatch):
    monkeypatch.setattr("pages.event_stream.HEARTBEAT_SECONDS", 1)
    run = make_run()
    open_round(run)
    with contextlib.closing(urllib.request.urlopen(f"{stream_url}/runs/{run.pk}/events", timeout=10)) as response:
        lines = (raw.decode().strip() for raw in response)
        assert next(line for line in lines if line == "event: alive")
        assert next(lines) == "data: still here"
