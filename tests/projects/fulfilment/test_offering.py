"""What a reward is beside its threshold: its window, shared stock, picture and questions."""

import io
from datetime import timedelta
from threading import Thread

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.urls import reverse
from PIL import Image

from projects.errors import RewardRefused, RewardSoldOut
from projects.fulfilment.images import NotShown, read_picture
from projects.fulfilment.offering import Details, describe_reward, share_stock
from projects.fulfilment.opening import open_delivery
from projects.models import RewardImage, StockPool
from projects.rewards import claim_reward, release_reward
from projects.wizard.rewards import write
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pictures import picture, picture_with_place

DAY = timedelta(days=1)


@pytest.fixture
def reward(db):
    return make_project(slug="giving", time_zone="Europe/Berlin").rewards.create(title="A shirt", threshold_minor=2500)


def details(**fields):
    usual = {"available_until": None, "delivers_on": None, "needs_address": False, "benefits": []}
    return Details(**{**usual, "inference_quota": 0, "thanks_text": "", **fields})


def test_an_early_bird_closes_at_its_moment_and_at_its_limit(reward):
    type(reward).objects.update(available_until=NOW + DAY, limit=1)
    with pytest.raises(RewardSoldOut, match="early pledges and is closed"):
        claim_reward(reward_id=reward.pk, now=NOW + DAY)
    claim_reward(reward_id=reward.pk, now=NOW)
    with pytest.raises(RewardSoldOut, match="sold out"):
        claim_reward(reward_id=reward.pk, now=NOW)


def test_rewards_share_stock_and_give_it_back(reward):
    pool = share_stock(project=reward.project, by=reward.project.creator, name="Shirts", limit=2)
    other = reward.project.rewards.create(title="Two of it", threshold_minor=4000, pool=pool)
    type(reward).objects.filter(pk=reward.pk).update(pool=pool)
    claim_reward(reward_id=reward.pk, now=NOW)
    claim_reward(reward_id=other.pk, now=NOW)
    with pytest.raises(RewardSoldOut), transaction.atomic():
        claim_reward(reward_id=reward.pk, now=NOW)
    release_reward(reward_id=other.pk)
    claim_reward(reward_id=reward.pk, now=NOW)
    pool.refresh_from_db()
    reward.refresh_from_db()
    assert (pool.claimed, reward.claimed, reward.is_sold_out) == (2, 2, True)
    with pytest.raises(RewardRefused, match="of this name"):
        share_stock(project=reward.project, by=reward.project.creator, name="Shirts", limit=2)


@pytest.mark.django_db(transaction=True)
def test_a_shared_stock_is_never_oversold_by_many_at_once():
    project = make_project()
    pool = StockPool.objects.create(project=project, name="Shirts", limit=5)
    rewards = [project.rewards.create(title=f"R{n}", threshold_minor=100, pool=pool) for n in range(2)]
    outcomes = []

    def take(reward):
        try:
            claim_reward(reward_id=reward.pk, now=NOW)
            outcomes.append("claimed")
        except RewardSoldOut:
            outcomes.append("sold out")
        finally:
            connection.close()

    threads = [Thread(target=take, args=(rewards[number % 2],)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pool.refresh_from_db()
    assert (outcomes.count("claimed"), pool.claimed) == (5, 5)


def test_what_somebody_has_only_grows(reward):
    by = reward.project.creator
    describe_reward(reward_id=reward.pk, by=by, details=details(benefits=["card_name"]))
    type(reward).objects.update(claimed=1)
    for refused, why in (
        (details(), "can only grow"),
        (details(benefits=["card_name"], needs_address=True), "needs an address"),
        (details(benefits=["card_name", "thanks"]), "thank-you note"),
        (details(benefits=["card_name", "inference"]), "quota"),
    ):
        with pytest.raises(RewardRefused, match=why):
            describe_reward(reward_id=reward.pk, by=by, details=refused)
    with pytest.raises(RewardRefused, match="team"):
        describe_reward(reward_id=reward.pk, by=make_user(), details=details())


def test_the_wizard_keeps_what_the_rewards_own_pages_have(reward):
    typed = {"description": "", "hours": None, "limit": None, "is_add_on": False, "law_class": "gift"}
    RewardImage.objects.create(reward=reward, content=b"x", sha256="a" * 64, width=1, height=1, alt="x")
    write(reward.project, [
        {**typed, "title": "New", "threshold_minor": 100}, {**typed, "title": "A shirt", "threshold_minor": 3000},
    ])  # fmt: skip
    reward.refresh_from_db()
    assert (reward.threshold_minor, reward.image.alt, reward.project.rewards.count()) == (3000, "x", 2)
    # One is renamed while another goes: the picture stays with the one that was renamed.
    write(reward.project, [{**typed, "key": reward.pk, "title": "New", "threshold_minor": 3000}])
    assert list(reward.project.rewards.values_list("pk", "title", "image__alt")) == [(reward.pk, "New", "x")]


def test_a_key_of_another_project_makes_a_reward_of_ones_own(reward):
    typed = {"description": "", "hours": None, "limit": None, "is_add_on": False, "law_class": "gift"}
    other = make_project(slug="other")
    row = {**typed, "key": reward.pk, "title": "Taken", "threshold_minor": 3000}
    write(other, [row])
    reward.refresh_from_db()
    assert (reward.title, other.rewards.get().pk) == ("A shirt", row["key"])


def test_a_picture_is_written_anew_without_what_it_knew_of_its_taker():
    made = read_picture(picture_with_place())
    with Image.open(io.BytesIO(made.content)) as opened:
        assert (opened.format, opened.getexif(), "exif" in opened.info) == ("WEBP", {}, False)
    assert b"Camera of Ana" not in made.content
    assert read_picture(picture((3000, 1000))).width == 1200


def bomb():
    """A header of 30,000 pixels a side, as a few hundred bytes can claim."""
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG", optimize=True)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "no JPEG, PNG or WebP"),
        (b"GIF89a" + b"\0" * 40, "no JPEG, PNG or WebP"),
        (picture()[:200], "damaged|no JPEG"),
        (b"\xff" * (5 * 1024 * 1024 + 1), "5 MB"),
    ],
)
def test_what_is_no_picture_is_refused(content, why):
    with pytest.raises(NotShown, match=why):
        read_picture(content)


def test_a_pixel_bomb_is_refused_by_its_header():
    content = bomb()
    assert len(content) < 5 * 1024 * 1024
    with pytest.raises(NotShown, match=r"40 million pixels|no JPEG"):
        read_picture(content)


def test_the_page_of_a_reward_keeps_every_part(reward, client):
    client.force_login(reward.project.creator)
    page = f"/projects/giving/rewards/{reward.pk}/"
    upload = SimpleUploadedFile("evil.php", picture(), content_type="text/html")
    assert client.post(page, {"part": "picture", "picture": upload, "alt": "A blue shirt"}).status_code == 302
    wrong = client.post(page, {"part": "picture", "picture": SimpleUploadedFile("x.png", b"no"), "alt": "My words"})
    assert (wrong.status_code, "My words" in wrong.content.decode()) == (422, True)
    values = {"part": "details", "delivers_on": "2027-03", "available_until": "2027-01-02T12:00", "needs_address": "on"}
    assert client.post(page, values).status_code == 302
    assert client.post(page, {"part": "details", "delivers_on": "soon"}).status_code == 422
    rows = {
        "part": "questions", "questions-TOTAL_FORMS": 1, "questions-INITIAL_FORMS": 0, "questions-0-text": "Size?",
        "questions-0-choices": "S\nM",
    }  # fmt: skip
    assert client.post(page, rows).status_code == 302
    reward.refresh_from_db()
    assert f"{reward.available_until:%H:%M} {reward.delivers_on}" == "11:00 2027-03-01"
    assert reward.questions.get().choices == ["S", "M"]
    shown = client.get("/projects/giving/").content.decode()
    assert ("A blue shirt" in shown, "Promised for March 2027" in shown, "Early pledges" in shown) == (True, True, True)
    image = client.get(f"/projects/giving/rewards/{reward.pk}/{reward.image.sha256}.webp")
    assert (image["Content-Type"], "immutable" in image["Cache-Control"]) == ("image/webp", True)


def test_lateness_is_shown(reward, client):
    type(reward).objects.update(delivers_on="2026-05-01")
    reward.refresh_from_db()
    open_delivery(source="a", reward=reward, person=make_user(), now=NOW)
    done = open_delivery(source="b", reward=reward, person=make_user(), now=NOW)
    type(done).objects.filter(pk=done.pk).update(state="delivered", delivered_at=NOW)
    page = client.get("/projects/giving/").content.decode()
    assert ("1 of 2 delivered" in page, "Late." in page, "later than promised" in page) == (True, True, True)
    # What came late stays so, in public and for whoever waited.
    assert "1 of them came late." in page
    owed = done.reward.deliveries.exclude(pk=done.pk).get()
    for delivery, said in ((done, "It came late."), (owed, "Late.")):
        client.force_login(delivery.person)
        for address in (reverse("projects:my_rewards"), reverse("projects:my_reward", args=[delivery.pk])):
            assert said in client.get(address).content.decode()
    client.force_login(reward.project.creator)
    board = client.get(reverse("projects:deliveries", args=["giving"])).content.decode()
    assert board.count("Late.") == board.count("It came late.") == 1
