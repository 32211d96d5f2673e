"""What people do in the browser, step by step."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from projects.review.points import POINTS

PASSWORD = "commonweave-demo"


class Person:
    """Someone in front of their own browser."""

    def __init__(self, platform, browser, mail: str) -> None:
        self.platform, self.mail = platform, mail
        self.page = browser.new_context(base_url=platform.url).new_page()
        self.page.set_default_timeout(30_000)

    def open(self, path: str):
        self.page.goto(path)
        return self.page

    def sign_up(self):
        page = self.open("/accounts/signup/")
        page.fill("[name=email]", self.mail)
        page.fill("[name=password1]", "a-long-enough-password")
        page.press("[name=password1]", "Enter")
        page.wait_for_url("**/confirm-email/**")
        page.fill("[name=code]", self.newest_mail_match(r"\b[A-Z0-9]{3,4}-?[A-Z0-9]{3,4}\b"))
        page.press("[name=code]", "Enter")
        page.wait_for_url(lambda url: "confirm-email" not in url)
        return self

    def sign_in(self):
        page = self.open("/accounts/login/")
        page.fill("[name=login]", self.mail)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "login" not in url)
        return self

    def newest_mail_match(self, pattern: str) -> str:
        reader = self.page.context.new_page()
        for _ in range(60):
            reader.goto(f"/demo/mail/?to={self.mail}")
            mails = reader.locator("article pre").all_inner_texts()
            for text in mails:
                if found := re.search(pattern, text):
                    reader.close()
                    return found.group()
            reader.wait_for_timeout(500)
        raise AssertionError(f"no mail to {self.mail} has {pattern}")

    def press(self, name: str):
        self.page.get_by_role("button", name=name, exact=True).click()
        self.page.wait_for_load_state()

    def create_project(self, title: str) -> str:
        page = self.open("/projects/new/")
        self.fill({"title": title, "promise": "A model that the story trains."})
        self.press("Start the draft")
        slug = page.url.rstrip("/").split("/")[-3]
        deadline = (datetime.now(UTC) + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M")
        due = (datetime.now(UTC) + timedelta(days=90)).strftime("%Y-%m-%d")
        for step, typed in {
            "basics": {"story": "# Why\n\nTo prove it."},
            "goals": {"funding_minimum": "100", "compute_minimum": "0.00005", "deadline": deadline},
            "budget": {"budget-0-title": "Machines", "budget-0-money": "100"},
            "rewards": {"rewards-0-title": "Thanks", "rewards-0-money": "10"},
            "openness": {
                "weights_license": "Apache-2.0", "data_license": "PSF-2.0", "code_license": "Apache-2.0",
                "outputs-0-description": "The weights.", "outputs-0-due_on": due,
                "sources-0-name": "Python's library", "sources-0-license": "PSF-2.0",
            },
            "risks": {"risks-0-title": "Too few machines", "risks-0-answer": "It trains longer."},
        }.items():  # fmt: skip
            self.open(f"/projects/{slug}/edit/{step}/")
            self.fill(typed)
            self.press("Save")
        self.open(f"/projects/{slug}/edit/")
        self.press("Hand in for review")
        return slug

    def fill(self, typed: dict[str, str]):
        for name, value in typed.items():
            self.page.fill(f"[name='{name}']", value)

    def approve(self, slug: str):
        page = self.open(f"/review/{slug}/")
        for point, *_words in POINTS:
            page.select_option(f"[name=verdict_{point}]", "holds")
            page.fill(f"[name=evidence_{point}]", "Looked at it.")
        page.select_option("[name=decision]", "approve")
        self.press("Record the decision")

    def set_up_payouts(self, slug: str):
        self.open(f"/projects/{slug}/payouts/")
        self.press("Set up payouts")
        self.press("Complete onboarding")
        self.page.wait_for_url(f"**/projects/{slug}/payouts/")

    def begin_pledge(self, slug: str, amount: str) -> None:
        page = self.open(f"/projects/{slug}/pledge/")
        page.fill("[name=amount]", amount)
        self.press("Go on to your card")

    def type_card(self, number: str) -> None:
        page = self.page
        page.fill("#standin-number", number)
        page.fill("#standin-expiry", "12 / 34")
        page.fill("#standin-cvc", "123")
        page.click("#card-submit")

    def pass_bank(self) -> None:
        self.page.frame_locator("iframe[name=standin-bank]").locator("#standin-pass").click()

    def state_of_pledge(self) -> str:
        self.page.wait_for_selector("[data-state]")
        return self.page.locator("[data-state]").get_attribute("data-state")

    def approve_code(self, code: str) -> None:
        page = self.open("/identity/o/device")
        page.fill("[name=code]", code)
        self.press("Continue")
        assert "for runs of projects that you pledged hours to" in page.content()
        self.press("Pair this machine")
        assert "Paired" in page.locator("h1").inner_text()

    def pledge_gpu(self, slug: str, machine: str, hours: str = "50") -> str:
        page = self.open(f"/projects/{slug}/pledge-gpu/")
        page.select_option("[name=catalog_slug]", "cpu-thread")
        page.fill("[name=pledged_us]", hours)
        page.fill("[name=hours_text]", "Mon-Sun 0-24")
        page.select_option("[name=device]", label=machine)
        self.press("Pledge GPU time")
        return page.url.rstrip("/").rsplit("/", 1)[-1]
