"""A project's card on somebody else's page: it stands in their frame, and nothing else of the site does."""

import io
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from PIL import Image

from projects.sharing.embedding import CARD_HEIGHT, CARD_WIDTH
from tests.factories.people import make_project

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def foreign():
    """Somebody's own server, which shows what it is told: another origin on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html>{server.shown}".encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("path", "is_shown"), [("card/", True), ("", False)])
def test_the_card_alone_stands_in_a_foreign_frame(page, live_server, foreign, path, is_shown):
    make_project(
        slug="framed", title="Framed model", promise="A promise of many words, " * 6, compute_minimum_us=10**11,
    )  # fmt: skip
    size = f'width="{CARD_WIDTH}" height="{CARD_HEIGHT}"'
    foreign.shown = f'<iframe src="{live_server.url}/projects/framed/{path}" {size}></iframe>'
    page.goto(f"http://localhost:{foreign.server_port}/", wait_until="load")
    (inside,) = page.main_frame.child_frames
    assert ("Framed model" in inside.evaluate("document.body?.innerText || ''")) == is_shown
    if is_shown:
        assert inside.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert inside.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_the_page_of_what_to_copy_shows_the_card(page, live_server):
    make_project(slug="framed", title="Framed model")
    page.goto(f"{live_server.url}/projects/framed/share/")
    page.locator(".card-preview").scroll_into_view_if_needed()
    page.frame_locator(".card-preview").get_by_text("Framed model").wait_for()


def test_the_share_image_is_a_picture_of_the_usual_size(client, live_server):
    make_project(slug="shown", title="A model with a name that is rather long for one line of a picture, in truth")
    picture = Image.open(io.BytesIO(client.get("/projects/shown/share.png").content))
    assert (picture.size, picture.format) == ((1200, 630), "PNG")
    assert len(picture.convert("RGB").getcolors(2**20)) > 8
