"""Pictures of the key pages of a running demo, for docs/gallery.md: to be looked at after every change of the look.

`make gallery` while `make run` runs. Each page at 1280 px in light and at 390 px in dark, the first screens of it, as
WebP. Reads only; signs in with the demo's accounts.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from launcher.tools import find_chromium

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "gallery"
TALLEST = 2000
PASSWORD = "commonweave-demo"  # noqa: S105  # reason: the demo's, printed on the terminal
SHAPES = (("light", 1280, 860), ("dark", 390, 844))
# (name, address, who looks at it); {run} is the run of the first project.
PAGES = (
    ("home", "/", ""),
    ("discover", "/discover/?kind=audio&kind=vision&needs=money", ""),
    ("project", "/projects/pocket-python/", ""),
    ("run", "{run}", ""),
    ("note", "/projects/plain-contracts/notes/1/", ""),
    ("pledge", "/projects/harbor-voices/pledge/", ""),
    ("gpu-pledge", "/projects/pocket-python/pledge-gpu/", "volunteer"),
    ("wizard", "/projects/kitchen-lexicon/edit/", "creator"),
    ("credit", "/gpu/credit/", "volunteer"),
    ("funding", "/funding/", "admin"),
    ("styles", "/styles/", ""),
)


def main() -> None:
    """Write the pictures. Raises where a page does not answer with 200."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", default="http://127.0.0.1:8000")
    site = parser.parse_args().site
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        for who in dict.fromkeys(person for _, _, person in PAGES):
            take(browser, site, who)
        browser.close()


def take(browser: Browser, site: str, who: str) -> None:
    """Every page that this person looks at."""
    page = browser.new_context().new_page()
    if who:
        sign_in(page, site, who)
    for name, address, person in PAGES:
        if person == who:
            picture(page, site, name, address)


def sign_in(page: Page, site: str, who: str) -> None:
    """As the demo's person of this name."""
    page.goto(f"{site}/accounts/login/")
    page.fill("[name=login]", f"{who}@demo.example")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def picture(page: Page, site: str, name: str, address: str) -> None:
    """One page in each shape."""
    if "{run}" in address:
        page.goto(f"{site}/projects/pocket-python/")
        address = page.locator("a[href^='/runs/']").first.get_attribute("href") or ""
    for theme, width, height in SHAPES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": height})
        answer = page.goto(site + address)
        if answer is None or answer.status != 200:
            raise SystemExit(f"{address} answered {answer.status if answer else 'nothing'}.")
        page.wait_for_timeout(500)
        # A screen as tall as the picture: what sticks to its end would lie over the middle of one put together.
        tall = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": min(tall, TALLEST)})
        Image.open(io.BytesIO(page.screenshot())).save(FOLDER / f"{name}-{width}.webp", quality=72)
        print(f"{name:12} {width:5} px {theme}")


if __name__ == "__main__":
    main()
