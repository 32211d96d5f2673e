"""The weekly grid under keys, mouse and finger; typed hours are taken instead, and said so."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compute_pledges.models import ComputePledge
from tests.factories.people import make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def grid(page, live_server, sign_in):
    now = timezone.now()
    make_project(slug="woven", deadline_at=now + timedelta(days=9), compute_ends_at=now + timedelta(days=90))
    sign_in(make_user())
    page.goto(live_server.url + "/projects/woven/pledge-gpu/")
    page.locator("[data-preset=none]").click()
    assert count(page) == "0"
    return page


def count(page):
    return page.locator("[data-schedule-count]").inner_text()


def chosen(page):
    return page.eval_on_selector_all(
        "input[name=slots]:checked", "boxes => boxes.map(box => +box.value).sort((a, b) => a - b)"
    )


def middle(page, slot):
    box = page.locator(f"input[name=slots][value='{slot}']")
    box.scroll_into_view_if_needed()
    found = box.bounding_box()
    return found["x"] + found["width"] / 2, found["y"] + found["height"] / 2


def test_keys_move_and_choose(grid):
    grid.locator("input[name=slots][value='0']").focus()
    for key in ("Space", "ArrowRight", "Space", "ArrowDown", "Shift+ArrowDown", "End", "Space"):
        grid.keyboard.press(key)
    # Monday and Tuesday 0-1; then an unchosen hour is carried down, and Sunday 2-3 is chosen.
    assert (chosen(grid), count(grid)) == ([0, 24, 146], "3")


def test_a_mouse_paints_and_a_click_chooses_one(grid):
    grid.mouse.move(*middle(grid, 0))
    grid.mouse.down()
    for slot in (1, 2, 3):
        grid.mouse.move(*middle(grid, slot))
    grid.mouse.up()
    assert (chosen(grid), count(grid)) == ([0, 1, 2, 3], "4")
    grid.mouse.click(*middle(grid, 2))
    assert (chosen(grid), count(grid)) == ([0, 1, 3], "3")


def test_a_finger_that_rests_paints_and_a_swipe_does_not(grid):
    client = grid.context.new_cdp_session(grid)

    def touch(kind, slot=None):
        points = [dict(zip("xy", middle(grid, slot), strict=True))] if slot is not None else []
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    for rest, expected in ((500, [0, 24, 48]), (0, [0, 24, 48])):
        touch("touchStart", 0 if rest else 3)
        grid.wait_for_timeout(rest)
        for slot in (24, 48) if rest else (27, 51):
            touch("touchMove", slot)
        touch("touchEnd")
        grid.wait_for_timeout(100)
        assert (chosen(grid), count(grid)) == (expected, "3")


def test_typed_hours_are_said_to_be_taken_and_are(grid):
    grid.mouse.click(*middle(grid, 2))
    grid.get_by_label("Or write the hours").fill("Tue 1-3")
    assert grid.get_by_text("are taken instead of the grid", exact=False).first.is_visible()
    assert not grid.locator("[data-schedule-chosen]").is_visible()
    grid.get_by_label("Hours to give").fill("5")
    with grid.expect_navigation():
        grid.get_by_role("button", name="Pledge GPU time").click()
    assert sorted(ComputePledge.objects.get().hours.values_list("slot", flat=True)) == [25, 26]
