"""From the charge to both sides' word: what is owed, asked, sent, confirmed, undone and taken back."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from audit.models import StaffAction
from notices.models import Notice
from pages.erasing import erase_person
from payments.models import CashPledge
from payments.services.fulfilling import open_rewards
from projects.errors import RewardRefused
from projects.fulfilment.asking import GRACE, answer, give_address, lacks, remind_and_erase
from projects.fulfilment.countries import countries, country_name
from projects.fulfilment.delivering import move_deliveries, say_arrived
from projects.fulfilment.opening import open_delivery, revoke_delivery
from projects.models import Delivery, DeliveryAddress, Role, Teammate
from projects.signals import something_happened
from tests.factories.backing import backs
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ADDRESS = {"name": "Ana B", "lines": "Weg 1", "postcode": "10115", "city": "Berlin", "country": "DE"}


@pytest.fixture
def reward():
    project = make_project(slug="giving", state="funded")
    return project.rewards.create(title="A shirt", threshold_minor=2500, needs_address=True, law_class="goods")


@pytest.fixture
def delivery(reward):
    reward.questions.create(text="Size?", kind="choice", choices=["S", "M"], position=0)
    return open_delivery(source="pledge:1", reward=reward, person=make_user(), now=NOW)


def moved(delivery, target, note="", now=NOW, by=None):
    project = delivery.project
    ids = [delivery.pk]
    move_deliveries(project=project, by=by or project.creator, delivery_ids=ids, target=target, note=note, now=now)
    delivery.refresh_from_db()
    return delivery


def told(person):
    return list(Notice.objects.filter(person=person).order_by("pk").values_list("title", flat=True))


def test_a_charged_pledge_owes_its_reward_once_the_project_is_funded_and_no_longer_when_refunded(reward):
    add_on = reward.project.rewards.create(title="A sticker", threshold_minor=100, is_add_on=True)
    pledge = backs(reward.project, state="collected", reward=reward, collected_at=NOW)
    pledge.add_ons.create(reward=add_on, quantity=3, price_minor=100)
    type(reward.project).objects.update(state="collecting")
    assert open_rewards(now=NOW) == 0
    type(reward.project).objects.update(state="funded")
    assert (open_rewards(now=NOW), open_rewards(now=NOW)) == (1, 0)
    owed = Delivery.objects.order_by("pk").values_list("reward__title", "quantity", "state")
    assert list(owed) == [("A shirt", 1, "todo"), ("A sticker", 3, "todo")]
    CashPledge.objects.update(state="refunded")
    assert (open_rewards(now=NOW), open_rewards(now=NOW)) == (1, 0)
    assert {*Delivery.objects.values_list("state", flat=True)} == {"revoked"}


def test_what_is_asked_is_answered_by_whom_it_is_for_and_until_it_is_sent(delivery):
    size = str(delivery.reward.questions.get().pk)
    assert lacks(delivery) == ["answers", "address"]
    for by, answers, why in (
        (delivery.person, {}, "needs an answer"),
        (delivery.person, {size: "XXL"}, "Choose one"),
        (make_user(), {size: "M"}, "whom it is for"),
    ):
        with pytest.raises(RewardRefused, match=why):
            answer(delivery=delivery, by=by, answers=answers, now=NOW)
    answer(delivery=delivery, by=delivery.person, answers={size: "M"}, now=NOW)
    give_address(delivery=delivery, by=delivery.person, address=ADDRESS, now=NOW)
    delivery.refresh_from_db()
    assert (delivery.answers, lacks(delivery), delivery.remind_at) == ({size: "M"}, [], None)
    moved(delivery, "sent")
    with pytest.raises(RewardRefused, match="on its way"):
        give_address(delivery=delivery, by=delivery.person, address=ADDRESS, now=NOW)


def test_who_does_not_answer_is_reminded_three_times_and_then_left_alone(delivery):
    reminded = [remind_and_erase(now=NOW + timedelta(days=day)) for day in range(40)]
    assert sum(reminded) == 3
    assert [title for title in told(delivery.person) if "still waits" in title] == [
        f"{delivery.project.title} still waits for your answers"
    ] * 3


def test_a_reward_and_its_add_ons_ask_in_one_form_and_one_mail(reward, client):
    add_on = reward.project.rewards.create(title="A cap", threshold_minor=100, is_add_on=True, needs_address=True)
    backer = make_user()
    questions = [one.questions.create(text=f"{one.title}?", position=0).pk for one in (reward, add_on)]
    mine = [open_delivery(source=f"cash:1:{n}", reward=one, person=backer, now=NOW) for n, one in
            enumerate((reward, add_on))]  # fmt: skip
    other = open_delivery(source="cash:12", reward=add_on, person=backer, now=NOW + DAY)
    assert Notice.objects.filter(person=backer, created_at=NOW).count() == 1
    client.force_login(backer)
    page = f"/my/rewards/{mine[1].pk}/"
    shown = client.get(page).content.decode()
    assert all(words in shown for words in ("A shirt?", "A cap?", "With the same pledge", f"/my/rewards/{mine[0].pk}/"))
    said = {f"q{questions[0]}": "M", f"q{questions[1]}": "Red"}
    assert client.post(page, said).status_code == 422
    assert client.post(page, said | ADDRESS).status_code == 302
    kept = Delivery.objects.order_by("pk").values_list("answers", "address__city")
    assert list(kept) == [({str(questions[0]): "M"}, "Berlin"), ({str(questions[1]): "Red"}, "Berlin"), ({}, None)]
    moved(mine[0], "sent")
    assert client.post(page, {**ADDRESS, f"q{questions[1]}": "Blue", "city": "Bonn"}).status_code == 302
    assert list(Delivery.objects.order_by("pk").values_list("address__city", flat=True)) == ["Berlin", "Bonn", None]
    sum_of_reminders = [remind_and_erase(now=NOW + timedelta(days=day)) for day in range(2, 40)]
    assert (sum(sum_of_reminders), lacks(other)) == (3, ["answers", "address"])


def test_both_sides_say_where_it_is_and_either_takes_it_back(delivery):
    for word in ("got", "missing"):
        with pytest.raises(RewardRefused, match="not sent yet"):
            say_arrived(delivery=delivery, by=delivery.person, word=word, now=NOW)
    moved(delivery, "sent", "DHL 123")
    say_arrived(delivery=delivery, by=delivery.person, word="missing", now=NOW)
    assert "has not arrived" in told(delivery.project.creator)[-1]
    say_arrived(delivery=delivery, by=delivery.person, word="got", now=NOW + DAY)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.word, delivery.delivered_at) == ("delivered", "got", NOW + DAY)
    moved(delivery, "todo")
    assert (delivery.word, delivery.delivered_at) == ("", None)
    assert list(delivery.steps.values_list("target", flat=True)) == ["sent", "missing", "got", "todo"]
    with pytest.raises(RewardRefused, match="whom it is for"):
        say_arrived(delivery=delivery, by=make_user(), word="got", now=NOW)


def test_programs_hear_of_a_delivery_once(delivery):
    heard = []

    def hear(happening, **_):
        heard.append((happening.kind, happening.person_id, happening.data["pledge"]))

    something_happened.connect(hear)
    moved(delivery, "delivered")
    moved(delivery, "delivered", "A link.")
    assert heard == [("reward.delivered", delivery.person_id, "1")]


def test_many_are_moved_at_once_and_nobody_elses(reward, client):
    mine = [open_delivery(source=f"p{n}", reward=reward, person=make_user(), now=NOW) for n in range(3)]
    other = make_project().rewards.create(title="x", threshold_minor=1)
    theirs = open_delivery(source="q", reward=other, person=make_user(), now=NOW)
    client.force_login(reward.project.creator)
    page = "/projects/giving/deliveries/"
    assert client.post(page, {"target": "sent"}).status_code == 422
    client.post(page, {"target": "sent", "note": "DHL", "delivery": [row.pk for row in (*mine, theirs)]})
    assert Delivery.objects.filter(state="sent", note="DHL").count() == 3
    theirs.refresh_from_db()
    assert theirs.state == "todo"
    shown = client.get(page + "?state=sent&word=&reward=").content.decode()
    assert shown.count('name="delivery"') == 3
    steward, member = make_user(), make_user()
    for user, role in ((steward, Role.STEWARD), (member, Role.MEMBER)):
        Teammate.objects.create(project=reward.project, user=user, role=role, added_at=NOW)
        client.force_login(user)
        assert client.get(page).status_code == (200 if role == Role.STEWARD else 403)


def test_an_address_is_read_on_request_and_the_reading_is_kept(delivery, client):
    give_address(delivery=delivery, by=delivery.person, address=ADDRESS, now=NOW)
    creator = delivery.project.creator
    client.force_login(creator)
    page = f"/projects/giving/deliveries/{delivery.pk}/"
    assert "Weg 1" not in client.get(page).content.decode()
    assert not StaffAction.objects.exists()
    assert "Weg 1" in client.post(page, {"part": "address"}).content.decode()
    kept = StaffAction.objects.get()
    assert (kept.actor, kept.action, kept.subject) == (creator, "read_address", f"delivery:{delivery.pk}")
    lines = b"".join(client.post("/projects/giving/deliveries/addresses.csv").streaming_content).decode()
    assert "Ana B,Weg 1,10115,Berlin,DE" in lines
    assert StaffAction.objects.first().details == {"deliveries": [delivery.pk]}
    answers = b"".join(client.get("/projects/giving/deliveries/answers.csv").streaming_content).decode()
    assert ("A shirt: Size?" in answers, "Weg 1" in answers) == (True, False)


def test_addresses_go_some_time_after_it_arrived_and_with_their_person(delivery, standin):
    give_address(delivery=delivery, by=delivery.person, address=ADDRESS, now=NOW)
    moved(delivery, "delivered")
    remind_and_erase(now=NOW + GRACE)
    assert DeliveryAddress.objects.exists()
    remind_and_erase(now=NOW + GRACE + DAY)
    assert not DeliveryAddress.objects.exists()
    moved(delivery, "todo")
    give_address(delivery=delivery, by=delivery.person, address=ADDRESS, now=NOW)
    erase_person(user=delivery.person, now=NOW)
    delivery.refresh_from_db()
    assert (DeliveryAddress.objects.exists(), delivery.answers) == (False, {})


def test_what_needs_no_address_keeps_none(reward):
    type(reward).objects.update(needs_address=False)
    delivery = open_delivery(source="x", reward=reward, person=make_user(), now=NOW)
    with pytest.raises(RewardRefused, match="needs no address"):
        give_address(delivery=delivery, by=delivery.person, address=ADDRESS, now=NOW)


def test_a_backers_page_asks_keeps_what_was_typed_and_is_nobody_elses(delivery, client):
    page = f"/my/rewards/{delivery.pk}/"
    client.force_login(make_user())
    assert client.get(page).status_code == 404
    client.force_login(delivery.person)
    assert delivery.reward.title in client.get("/my/rewards/").content.decode()
    size = f"q{delivery.reward.questions.get().pk}"
    wrong = client.post(page, {**ADDRESS, "country": "XX", size: "M"})
    assert (wrong.status_code, "Weg 1" in wrong.content.decode()) == (422, True)
    assert client.post(page, {**ADDRESS, size: "M"}).status_code == 302
    moved(delivery, "sent")
    client.post(page + "arrived/", {"word": "got"})
    delivery.refresh_from_db()
    assert (delivery.word, delivery.state) == ("got", "delivered")


def test_a_revoked_reward_is_owed_anew_when_it_is_earned_anew(delivery):
    moved(delivery, "delivered")
    assert revoke_delivery(source="pledge:1", reason="x", now=NOW)
    again = open_delivery(source="pledge:1", reward=delivery.reward, person=delivery.person, now=NOW + DAY)
    assert (again.pk, again.state, again.delivered_at) == (delivery.pk, "todo", None)


def test_lists_take_as_many_queries_for_few_as_for_many(reward, client, django_assert_max_num_queries):
    client.force_login(reward.project.creator)
    for number in range(30):
        open_delivery(source=f"p{number}", reward=reward, person=make_user(), now=NOW)
    with django_assert_max_num_queries(14):
        client.get("/projects/giving/deliveries/")


def test_countries_are_named_in_the_language_and_stand_where_one_looks_for_them():
    with override("de"):
        names = [name for _code, name in countries()]
        assert country_name("DE") == "Deutschland"
    assert names.index("Ägypten") < names.index("Belgien")
    assert (country_name("DE"), country_name("??")) == ("Germany", "??")
