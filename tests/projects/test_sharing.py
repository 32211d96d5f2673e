"""Feeds, the map for search engines, embeds, linked data: well formed whatever people wrote, nothing private."""

import html
import io
import json
import re
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from icalendar import Calendar
from PIL import Image

from projects.contributions import record_contribution
from projects.markdown import render_markdown
from tests.factories.papers import charged
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
ODD = "</script><script>alert(1)</script> & \u2028 漢字"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def project(db):
    project = make_project(slug="odd", title=ODD, promise=f"{ODD} promise", launched_at=NOW, tags="python, small")
    body = f"**Well** {ODD} \x0b"
    project.lab_notes.create(
        author=project.creator,
        title="Week \x08 1",
        body=body,
        body_html=render_markdown(body),
        number=1,
        published_at=NOW,
    )
    project.lab_notes.create(
        author=project.creator, title="Secret", body="x", body_html="x", number=2, published_at=NOW, audience="backers"
    )
    make_project(slug="hidden", title="Hidden", state="draft", launched_at=NOW)
    return project


def entries(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/atom+xml")
    root = ET.fromstring(answer.content)
    return [entry.findtext(f"{ATOM}title") for entry in root.iter(f"{ATOM}entry")]


def test_feeds_are_well_formed_and_show_nothing_private(client, project):
    assert entries(client, "/feeds/projects.atom") == [ODD]
    assert entries(client, "/feeds/search.atom?q=promise&kind=language") == [ODD]
    assert entries(client, "/feeds/search.atom?q=nothing-like-it") == []
    assert entries(client, "/feeds/notes.atom") == [f"{ODD}: Week  1"]
    assert entries(client, "/projects/odd/notes.atom") == [f"{ODD}: Week  1"]
    assert client.get("/projects/hidden/notes.atom").status_code == 404


def test_a_feed_keeps_signs_and_tells_of_changes(client, project):
    note = project.lab_notes.get(number=1)
    later = NOW + timedelta(days=1)
    note.changes.create(changed_by=note.author, changed_at=later, reason="x", title_before="x", body_before="x")
    (entry,) = ET.fromstring(client.get("/feeds/projects.atom").content).iter(f"{ATOM}entry")
    # HTML by its type, so that what it says is the promise once it is read as HTML.
    assert html.unescape(entry.findtext(f"{ATOM}summary")) == f"{ODD} promise"
    assert "<script>" not in entry.findtext(f"{ATOM}summary")
    (entry,) = ET.fromstring(client.get("/feeds/notes.atom").content).iter(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}updated") == later.isoformat()


def test_the_map_names_what_is_public(client, project):
    answer = client.get("/sitemap.xml")
    addresses = [loc.text for loc in ET.fromstring(answer.content).iter() if loc.tag.endswith("loc")]
    assert "http://127.0.0.1:8000/projects/odd/" in addresses
    assert not [address for address in addresses if "hidden" in address]
    robots = client.get("/robots.txt").content.decode()
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in robots
    assert "Disallow: /funding/" in robots


def test_linked_data_cannot_leave_its_element(client, project):
    for kind, amount in (("money", 5000), ("compute", 7_200_000_000)):
        record_contribution(
            project=project, source=f"t:{kind}", stage="pledged", event="made", kind=kind, amount=amount, now=NOW
        )
    type(project).objects.filter(pk=project.pk).update(compute_minimum_us=10**10)
    page = client.get("/projects/odd/").content.decode()
    (found,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    told = json.loads(found)
    assert (told["@type"], told["name"]) == ("ResearchProject", ODD)
    money, compute = told["funding"]
    assert (money["@type"], money["amount"]["value"], money["amount"]["currency"]) == ("MonetaryGrant", "50.00", "EUR")
    assert (compute["@type"], compute["description"]) == ("Grant", "2.00 H100-equivalent GPU-hours pledged")
    assert "<script>alert" not in page


def test_a_draft_says_nothing_to_machines(client):
    draft = make_project(state="draft")
    client.force_login(draft.creator)
    assert "application/ld+json" not in client.get(draft.get_absolute_url()).content.decode()


def test_the_card_alone_may_stand_in_frames(client, project):
    card, page = client.get("/projects/odd/card/"), client.get("/projects/odd/")
    assert "frame-ancestors *" in card["Content-Security-Policy"]
    assert "X-Frame-Options" not in card
    assert "script-src 'self'" in card["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"
    assert client.get("/projects/hidden/card/").status_code == 404
    # The page of what to copy shows the card, so it alone may hold a frame.
    assert "frame-src 'self'" in client.get("/projects/odd/share/")["Content-Security-Policy"]
    assert "frame-src" not in page["Content-Security-Policy"]


def test_the_badge_is_a_picture_of_both_shares(client, project):
    answer = client.get("/projects/odd/badge.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    root = ET.fromstring(answer.content)
    assert "0%" in [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]


def test_oembed_tells_of_projects_and_of_nothing_else(client, project):
    site = "http://127.0.0.1:8000"
    told = client.get("/oembed", {"url": f"{site}/projects/odd/", "maxwidth": "300"}).json()
    assert (told["version"], told["type"], told["width"]) == ("1.0", "rich", 300)
    assert f'src="{site}/projects/odd/card/"' in told["html"]
    assert "<script>" not in told["html"]
    for url in (
        "",
        "x",
        f"{site}/discover/",
        f"{site}/projects/hidden/",
        "http://evil.example/projects/odd/",
        "http://[",
    ):
        assert client.get("/oembed", {"url": url}).status_code == 404
    assert client.get("/oembed", {"url": f"{site}/projects/odd/", "format": "xml"}).status_code == 501


def test_the_page_leads_to_picture_feed_and_embed(client, project):
    page = client.get("/projects/odd/").content.decode()
    for part in ('property="og:image"', "twitter:card", "application/json+oembed", "application/atom+xml", "canonical"):
        assert part in page


def test_the_picture_is_drawn_once_for_what_it_shows(client, project, monkeypatch):
    first = client.get("/projects/odd/share.png")
    with Image.open(io.BytesIO(first.content)) as picture:
        assert (picture.format, picture.size) == ("PNG", (1200, 630))
    monkeypatch.setattr("pages.sharing.share_image.draw", None)
    assert client.get("/projects/odd/share.png").content == first.content
    assert client.get("/projects/odd/share.png", headers={"If-None-Match": first["ETag"]}).status_code == 304
    monkeypatch.undo()
    record_contribution(
        project=project, source="t:1", stage="pledged", event="made", kind="money", amount=5000, now=NOW
    )
    assert client.get("/projects/odd/share.png")["ETag"] != first["ETag"]
    assert client.get("/projects/hidden/share.png").status_code == 404


def test_calendars_of_all_and_of_ones_own_by_a_signed_link(client, project):
    make_project(title="Another")
    user = make_user()
    client.force_login(user)
    charged(project, backer=user)
    page = client.get("/calendar/")
    own = page.context["own_address"].removeprefix("http://127.0.0.1:8000")
    client.logout()
    every = [event["SUMMARY"] for event in Calendar.from_ical(client.get("/calendar/all.ics").content).walk("VEVENT")]
    (mine,) = Calendar.from_ical(client.get(own).content).walk("VEVENT")
    assert len(every) == 2
    assert (mine["SUMMARY"], mine["DTSTART"].dt) == (f"Funding ends: {ODD}", project.deadline_at)
    assert client.get(own.replace(".ics", "x.ics")).status_code == 404
    client.force_login(user)
    for _ in range(2):
        address = client.get("/calendar/").context["own_address"].removeprefix("http://127.0.0.1:8000")
        client.post("/calendar/renew/")
        assert client.get(address).status_code == 404
    address = client.get("/calendar/").context["own_address"].removeprefix("http://127.0.0.1:8000")
    assert client.get(address).status_code == 200
    user.set_password("another-long-password")
    user.save()
    assert client.get(address).status_code == 404
