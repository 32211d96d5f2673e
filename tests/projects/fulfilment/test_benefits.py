"""What is granted by itself, once: a token with a quota, early weights, a name on the card, a thank-you note."""

from datetime import timedelta

import pytest
from django.test import Client

from compute_pledges.models import ModelRelease, Round
from compute_pledges.releasing.card import _backers
from compute_pledges.releasing.early import LIFETIME, early_links, read_early
from compute_pledges.services.blobs import store_blob
from notices.attachments import attachments_of
from notices.models import Notice
from notices.sweep import send_due
from projects.fulfilment.benefits import names_for_card, show_token, use_token
from projects.fulfilment.opening import open_delivery, revoke_delivery
from projects.fulfilment.thanks_paper import thanks_pdf
from projects.models import Benefit
from tests.api.calling import Caller
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_project, make_user
from values.typeface import typeface

pytestmark = pytest.mark.django_db


def given(*benefits, **fields):
    project = make_project(slug="giving")
    reward = project.rewards.create(
        title="Everything", threshold_minor=100, benefits=list(benefits), law_class="digital", **fields
    )
    return open_delivery(source="s", reward=reward, person=make_user(), now=NOW)


def test_a_digital_reward_is_granted_and_delivered_by_itself_and_once():
    delivery = given("card_name", "thanks", thanks_text="Dear {name}, thank you.")
    again = open_delivery(source="s", reward=delivery.reward, person=delivery.person, now=NOW)
    again.refresh_from_db()
    assert (again.pk, again.state, Benefit.objects.count()) == (delivery.pk, "delivered", 2)
    note = Notice.objects.get(key=f"thanks:{delivery.pk}")
    assert note.body == f"Dear {delivery.person.public_name}, thank you."


def test_the_note_goes_out_by_itself_as_a_pdf(mailoutbox, client):
    delivery = given("thanks", thanks_text="Dear {name} & all,\n\nthank you.")
    send_due(now=NOW)
    (mail,) = [one for one in mailoutbox if "thank-you note" in one.subject]
    ((name, content, _),) = [file for file in mail.attachments if file[2] == "application/pdf"]
    assert (mail.to, name, content[:5]) == ([delivery.person.email], "giving-thanks.pdf", b"%PDF-")
    assert content == thanks_pdf(delivery)
    client.force_login(delivery.person)
    assert client.get(f"/my/rewards/{delivery.pk}/thanks.pdf").content == content
    client.force_login(make_user())
    assert client.get(f"/my/rewards/{delivery.pk}/thanks.pdf").status_code == 404
    revoke_delivery(source="s", reason="x", now=NOW)
    assert attachments_of(f"thanks:{delivery.pk}") == []


@pytest.mark.parametrize(("name", "has_file"), [("Ольга Σοφία", True), ("田中", False), ("سارة", False)])
def test_a_note_that_cannot_be_drawn_is_mailed_as_text_and_has_no_file(mailoutbox, client, name, has_file):
    if typeface().plain != "DejaVuSans":
        pytest.skip("DejaVu Sans is not installed: run `npm ci`.")
    delivery = given("thanks", thanks_text="Dear {name}!")
    type(delivery.person).objects.update(name=name)
    send_due(now=NOW)
    (mail,) = [one for one in mailoutbox if "thank-you note" in one.subject]
    assert "Dear Person" in mail.body
    assert [file[2] for file in mail.attachments] == ["application/pdf"] * has_file
    client.force_login(delivery.person)
    address = f"/my/rewards/{delivery.pk}/"
    assert client.get(f"{address}thanks.pdf").status_code == (200 if has_file else 404)
    for page in (address, f"{address}thanks/"):
        assert ("thanks.pdf" in client.get(page).content.decode()) == has_file
    assert ("cannot draw" in client.get(f"{address}thanks/").content.decode()) != has_file


def test_the_creators_form_says_which_letters_the_file_lacks(client):
    delivery = given("thanks", thanks_text="ありがとう、{name}。")
    client.force_login(delivery.project.creator)
    page = client.get(f"/projects/giving/rewards/{delivery.reward.pk}/").content.decode()
    assert '<span class="mono">あ</span>' in page


def test_the_note_is_printed_for_its_backer_alone(client):
    delivery = given("thanks", thanks_text="Dear {name}!")
    address = f"/my/rewards/{delivery.pk}/thanks/"
    client.force_login(delivery.person)
    page = client.get(address).content.decode()
    assert (f"Dear {delivery.person.public_name}!" in page, page.count('<rect class="d') > 100) == (True, True)
    client.force_login(make_user())
    assert client.get(address).status_code == 404


def test_a_token_is_shown_once_and_its_quota_is_never_exceeded(client):
    delivery = given("inference", inference_quota=10)
    project = delivery.project
    client.force_login(delivery.person)
    answer = client.post(f"/my/rewards/{delivery.pk}/token/")
    token = answer.content.decode().split('<pre class="panel">')[1].split("<")[0]
    assert answer["Cache-Control"] == "no-store"
    assert token not in client.get(f"/my/rewards/{delivery.pk}/").content.decode()
    assert not Benefit.objects.filter(digest__contains=token[:10]).exists()
    uses = [use_token(token=token, project=project, units=units) for units in (0, 8, 3, 2)]
    assert [(use.is_valid, use.remaining) for use in uses] == [(True, 10), (True, 2), (False, 2), (True, 0)]
    assert not use_token(token=token, project=make_project(), units=0).is_valid
    newer = show_token(delivery=delivery, by=delivery.person)
    assert (use_token(token=token, project=project, units=0).is_valid, use_token(token=newer, project=project, units=0)
            .remaining) == (False, 0)  # fmt: skip
    revoke_delivery(source="s", reason="x", now=NOW)
    assert not use_token(token=newer, project=project, units=0).is_valid


def test_the_api_counts_for_the_team_alone():
    delivery = given("inference", inference_quota=10)
    token = show_token(delivery=delivery, by=delivery.person)
    asked = {"token": token, "units": 4}
    assert Caller().post("projects/giving/inference-tokens", asked).status_code == 404
    answer = Caller(delivery.project.creator).post("projects/giving/inference-tokens", asked)
    assert answer.json() == {"may_serve": True, "remaining": 6}


def test_names_stand_on_the_card_as_text():
    delivery = given("card_name")
    type(delivery.person).objects.filter(pk=delivery.person_id).update(name="Ana *B*")
    run = make_run(project=delivery.project)
    assert names_for_card(delivery.project) == ["Ana *B*"]
    assert "- Ana \\*B\\*" in _backers(run)
    revoke_delivery(source="s", reason="x", now=NOW)
    assert _backers(run) == ""


def test_early_weights_open_by_a_signed_link_that_expires_and_ends_with_the_reward(client, monkeypatch):
    import hashlib
    import io

    content = b"weights"
    sha256 = hashlib.sha256(content).hexdigest()
    delivery = given("checkpoints")
    run = make_run(project=delivery.project)
    open_round(run)
    Round.objects.filter(run=run).update(index=3, theta_sha256=sha256)
    store_blob(sha256=sha256, stream=io.BytesIO(content))
    client.force_login(delivery.person)
    ((label, path),) = early_links(delivery)
    assert "as of round 3" in label
    assert label in client.get(f"/my/rewards/{delivery.pk}/").content.decode()
    answer = client.get(path)
    assert (b"".join(answer.streaming_content), answer["Cache-Control"]) == (content, "private, no-store")
    assert client.get(path[:-3] + "xx/").status_code == 404
    other = Client()
    assert other.get(path)["Location"].startswith("/accounts/login/")
    other.force_login(make_user())
    passed_on = other.get(path)
    assert (passed_on.status_code, "somebody else" in passed_on.content.decode()) == (404, True)
    monkeypatch.setattr("compute_pledges.releasing.early.LIFETIME", timedelta(seconds=-1))
    assert client.get(path).status_code == 404
    monkeypatch.setattr("compute_pledges.releasing.early.LIFETIME", LIFETIME)
    token = path.split("/")[2]
    assert read_early(token, delivery.person) is not None
    ModelRelease.objects.create(
        run=run, round=run.rounds.get(), state="released", asked_at=NOW, released_by=delivery.project.creator
    )
    ((label, path),) = early_links(delivery)
    assert (label.endswith("released to everyone"), path) == (True, f"/runs/{run.pk}/release/")
    revoke_delivery(source="s", reason="x", now=NOW)
    assert read_early(token, delivery.person) is None
