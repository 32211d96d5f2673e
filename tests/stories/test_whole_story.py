"""From an empty platform to reconciled GPU time and charged cards, in a browser, with every part real."""

from __future__ import annotations

import math
import os
import re
import signal
import time

import psutil
import stripe

from tests.stories.people import Person

TITLE = "Story Model"
UNTRAINED = math.log(256)  # Nats a byte of a model that knows nothing.
VERIFIED = """
SELECT coalesce(sum(CASE WHEN credit IN ('verified', 'settled') THEN device_us ELSE 0 END), 0)
     - coalesce(sum(CASE WHEN debit IN ('verified', 'settled') THEN device_us ELSE 0 END), 0)
FROM compute_pledges_gputimeentry
"""
PLEDGES = "SELECT 1 FROM payments_cashpledge p JOIN projects_project j ON j.id = p.project_id "
SETTLED_DOWN = """
SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM compute_pledges_workresult WHERE state IN ('reported', 'auditing'))
"""


def pair(platform, person, name):
    platform.agent(name, "login", "--platform", platform.url, "--name", name)
    person.approve_code(platform.said(name, r"[A-Z0-9]{4}-[A-Z0-9]{4}", 90))
    platform.said(name, "Paired as", 60)


def closed_rounds(platform, slug):
    sql = """SELECT count(*) FROM compute_pledges_round r JOIN compute_pledges_trainingrun t ON t.id = r.run_id
             JOIN projects_project p ON p.id = t.project_id WHERE p.slug = %s AND r.merged_weights <> '{}'::jsonb"""
    return platform.query(sql, slug)[0][0]


def wait_for_rounds(platform, slug, number, seconds=120):
    until = time.monotonic() + seconds
    while closed_rounds(platform, slug) < number:
        assert time.monotonic() < until, f"{closed_rounds(platform, slug)} merged rounds instead of {number}"
        time.sleep(0.5)


def listening(pid: int) -> list[str]:
    """Sockets on which a program or its helpers wait for connections from anywhere."""
    process = psutil.Process(pid)
    return [
        f"{one.name()} {socket.laddr}"
        for one in (process, *process.children(recursive=True))
        for socket in one.net_connections(kind="inet")
        if socket.status == psutil.CONN_LISTEN
    ]


class Story:
    """What the chapters share."""

    def __init__(self, platform, browser) -> None:
        self.platform, self.browser = platform, browser
        self.slug = self.pledge = self.cheats_pledge = self.run_path = ""

    def someone(self, name):
        return Person(self.platform, self.browser, f"{name}@demo.example")

    def launch(self):
        """A creator signs up, verifies mail, posts a project; two reviewers approve; it is launched."""
        self.creator = self.someone("story-creator").sign_up()
        self.slug = self.creator.create_project(TITLE)
        for reviewer in (self.someone("reviewer1").sign_in(), self.someone("reviewer2").sign_in()):
            reviewer.approve(self.slug)
        self.creator.set_up_payouts(self.slug)
        self.creator.open(f"/projects/{self.slug}/")
        self.creator.press("Launch")
        assert "Your project is live." in self.creator.page.content()

    def pledge_by_card(self):
        """One card works, one asks its bank, one declines after the deadline, one is refused at once."""
        plain, bank, later, refused = (
            self.someone(f"story-{name}").sign_up() for name in ("plain", "bank", "later", "refused")
        )
        plain.begin_pledge(self.slug, "60.07")
        plain.type_card("4242 4242 4242 4242")
        assert plain.state_of_pledge() == "active"
        bank.begin_pledge(self.slug, "50")
        bank.type_card("4000 0025 0000 3155")
        bank.pass_bank()
        assert bank.state_of_pledge() == "active"
        later.begin_pledge(self.slug, "30")
        later.type_card("4000 0000 0000 0341")
        assert later.state_of_pledge() == "active"
        refused.begin_pledge(self.slug, "20")
        refused.type_card("4000 0000 0000 0002")
        refused.page.locator("#card-error", has_text="Your card was declined. Nothing was charged.").wait_for()
        # The project that will fail: far from its minimum.
        plain.begin_pledge("harbor-voices", "25")
        plain.type_card("4242 4242 4242 4242")
        assert plain.state_of_pledge() == "active"
        self.later = later

    def lend_machines(self):
        """Agents pair by code, their people pledge hours, the creator starts a run, and it trains."""
        self.volunteer, self.cheat = self.someone("volunteer").sign_in(), self.someone("story-cheat").sign_up()
        for name in ("first", "second"):
            pair(self.platform, self.volunteer, name)
        pair(self.platform, self.cheat, "third")
        self.pledge = self.volunteer.pledge_gpu(self.slug, "first")
        self.volunteer.pledge_gpu(self.slug, "second")
        self.cheats_pledge = self.cheat.pledge_gpu(self.slug, "third")
        self.creator.open(f"/projects/{self.slug}/runs/new/")
        self.creator.page.get_by_text("Finer settings").click()
        self.creator.page.fill("[name=communication_share]", "0.5")
        self.creator.press("Check and estimate")
        self.creator.press("Start the run")
        self.run_path = re.search(r"/runs/[0-9a-f-]{36}/", self.creator.page.url).group()
        self.platform.agent("first", "run", "--threads", "1")
        self.second = self.platform.agent("second", "run", "--threads", "1")
        wait_for_rounds(self.platform, self.slug, 2, 180)
        assert listening(self.second.pid) == []

    def kill_one(self):
        """The second agent is killed in the middle of a round, and training goes on."""
        os.killpg(self.second.pid, signal.SIGKILL)
        wait_for_rounds(self.platform, self.slug, closed_rounds(self.platform, self.slug) + 2)

    def cheat_with_one(self):
        """The third agent uploads fake work: quarantine, and nothing verified."""
        self.platform.agent("third", "noise", "run", module="tests.training_cluster.cheating_worker")
        sql = "SELECT 1 FROM compute_pledges_device WHERE name = 'third' AND state = 'quarantined'"
        self.platform.until(sql, seconds=180)
        self.cheat.open(f"/gpu/pledges/{self.cheats_pledge}/")
        assert self.cheat.page.locator("dt:text-is('Verified') + dd").inner_text() == "0 GPU-h"
        assert self.platform.query(VERIFIED + " WHERE pledge_id = %s", self.cheats_pledge)[0][0] == 0
        wait_for_rounds(self.platform, self.slug, closed_rounds(self.platform, self.slug) + 1)

    def watch(self):
        """Anyone can watch, live, and the loss falls."""
        page = self.browser.new_page(base_url=self.platform.url)
        page.goto(self.run_path)
        rounds = page.request.get(f"{self.run_path}snapshot/").json()["rounds"]
        losses = [row["held_out_loss"] for row in rounds if row["held_out_loss"]]
        assert losses[-1] < losses[0] < UNTRAINED
        page.locator("#live-state", has_text="live").wait_for()
        assert page.locator(".weave .cell.done").count() > 0

    def pass_the_deadline(self):
        """The clock is moved; Celery charges the funded project's cards and lets the failed one's go."""
        sql = "SELECT 1 FROM compute_pledges_computepledge WHERE id = %s AND counted_h100_us > 180000"
        self.platform.until(sql, self.pledge, seconds=300)  # Its record is ten valid blocks in a row.
        self.admin = self.someone("admin").sign_in()
        self.admin.open("/demo/clock/").fill("#hours", str(24 * 21))
        self.admin.press("Move the clock")
        charged = PLEDGES + "WHERE j.slug = %s GROUP BY j.id HAVING count(*) FILTER (WHERE p.state = 'collected') = 2"
        self.platform.until(charged, self.slug)
        self.platform.until(PLEDGES + "WHERE j.slug = 'harbor-voices' AND p.state = 'released' AND p.is_card_released")

    def repair(self):
        """The declined card is repaired by the link of the mail, with another card, on the same intent."""
        self.later.open(self.later.newest_mail_match(r"http://\S+/pledges/repair/\S+/"))
        self.later.type_card("4242 4242 4242 4242")
        self.later.page.locator("h1", has_text="Thank you, it is charged").wait_for()
        self.platform.until("SELECT 1 FROM projects_project WHERE slug = %s AND state = 'funded'", self.slug)

    def ask_the_provider(self):
        """One success for each pledge of the funded project; the failed project's never had an intent."""
        base = f"http://127.0.0.1:{self.platform.ports.stripe}"
        provider = stripe.StripeClient("sk_test_standin_commonweave", base_addresses={"api": base})
        intents = list(provider.v1.payment_intents.list({"limit": 100}).auto_paging_iter())
        assert [(i.status, i.amount_received) for i in sorted(intents, key=lambda i: i.amount)] == [
            ("succeeded", 3000), ("succeeded", 5000), ("succeeded", 6007),
        ]  # fmt: skip
        never = PLEDGES.replace("SELECT 1", "SELECT p.payment_intent_id") + "WHERE j.slug = 'harbor-voices'"
        assert self.platform.query(never) == [("",)]

    def compare_the_dashboard(self):
        """Agents stop; the dashboard shows the ledger's and the journal's figures, to the cent and the microsecond."""
        for child in self.platform.children:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
                child.wait(60)
        self.platform.until(SETTLED_DOWN)
        page = self.admin.open("/funding/")
        assert page.locator("[data-figure=money-collected-EUR]").inner_text() == "€140.07"
        # What was released is no longer pledged.
        assert page.locator("[data-figure=money-collectable-GBP]").inner_text() == "£0"
        journal = self.platform.query(VERIFIED)[0][0]
        assert int(page.locator("[data-figure=verified-us]").get_attribute("data-value")) == journal > 0
        self.platform.manage("audit_compute")
        self.platform.manage("audit_ledger")
        self.volunteer.open(f"/gpu/pledges/{self.pledge}/")
        assert "delivering" in self.volunteer.page.locator(".chip").first.inner_text()


def test_the_whole_story(platform_, browser):
    story = Story(platform_, browser)
    story.launch()
    story.pledge_by_card()
    story.lend_machines()
    story.kill_one()
    story.cheat_with_one()
    story.watch()
    story.pass_the_deadline()
    story.repair()
    story.ask_the_provider()
    story.compare_the_dashboard()
