"""When the largest part of a page of a running demo is drawn, with the CPU slowed down four times.

`make bench-sight` while `make run` runs. Cold, from loopback, on a phone and a wide screen: largest contentful paint
and the sum of layout shifts as Chromium says them, the middle of some loads. Reads only.
"""

from __future__ import annotations

import argparse
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from launcher.tools import find_chromium

GOAL_MS, SLOWDOWN, LOADS = 1000, 4, 5
SHAPES = ((390, 844), (1280, 860))
PAGES = (
    "/", "/discover/", "/projects/pocket-python/", "/projects/harbor-voices/", "/projects/harbor-voices/pledge/",
    "/projects/pocket-python/pledge-gpu/", "/figures/", "/volunteers/", "/accounts/login/",
)  # fmt: skip
_WATCH = """
window.seen = {lcp: 0, shift: 0};
const keep = (type, take) => new PerformanceObserver(list => list.getEntries().forEach(take))
  .observe({type, buffered: true});
keep("largest-contentful-paint", one => { seen.lcp = one.startTime; });
keep("layout-shift", one => { seen.shift += one.value; });
"""


def main() -> None:
    """Print the table. Raises where a page does not answer with 200."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", default="http://127.0.0.1:8000")
    site = parser.parse_args().site
    print(f"{'page':<38}" + "".join(f"{width:>12} px" for width, _ in SHAPES) + "   shift")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        for path in PAGES:
            seen = [[look(browser, site + path, shape) for _ in range(LOADS)] for shape in SHAPES]
            times = [median(paint for paint, _ in loads) for loads in seen]
            shift = max(moved for loads in seen for _, moved in loads)
            print(f"{path:<38}" + "".join(f"{time:>12.0f} ms" for time in times) + f"   {shift:.3f}", flush=True)
        browser.close()
    print(f"goal: {GOAL_MS} ms with the CPU {SLOWDOWN} times slower")


def look(browser: Browser, address: str, shape: tuple[int, int]) -> tuple[float, float]:
    """Milliseconds until the largest paint, and the sum of shifts, of one cold load."""
    context = browser.new_context(viewport={"width": shape[0], "height": shape[1]})
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    page.add_init_script(_WATCH)
    answer = page.goto(address, wait_until="load")
    if answer is None or answer.status != 200:
        raise SystemExit(f"{address} answered {answer and answer.status}")
    page.wait_for_timeout(1500)
    seen = page.evaluate("window.seen")
    context.close()
    return float(seen["lcp"]), float(seen["shift"])


if __name__ == "__main__":
    main()
