"""Every page that the authorization matrix knows: four widths, both themes, nothing sideways, nothing from axe-core.

Each person looks at all of theirs in one tab. An address that shows no page must be named in every_page.py.
"""

from pathlib import Path

import pytest

from tests.authorization.routes import addresses, routes
from tests.authorization.world import World
from tests.browser import every_page
from tests.browser.every_page import (
    ELSEWHERE,
    FILES,
    LIBRARY,
    LIBRARY_ELSEWHERE,
    LIBRARY_MUTE,
    MOVES_ON,
    PARTS,
    VIEWERS,
    looked_at,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(standin):
    return World()


@pytest.mark.parametrize("who", VIEWERS)
def test_nothing_is_found_on_any_page(world, findings, sign_in, who):
    paths = [path for viewer, _, path, kind in looked_at(world) if (viewer, kind) == (who, "page")]
    assert paths
    if who in world.people:
        sign_in(world.people[who])
    assert findings.of(paths) == {}


@pytest.mark.parametrize("who", ["anonymous", "creator"])
def test_nothing_is_found_on_any_page_of_the_librarys(world, findings, sign_in, who):
    if who in world.people:
        sign_in(world.people[who])
    paths = [f"/{address}" for address, viewer in LIBRARY.items() if viewer == who]
    assert findings.of(paths) == {}


def test_every_address_of_the_library_is_named():
    found = {address for address in addresses() if address.startswith(("accounts/", "identity/"))}
    ours = {address for _, _, address, _ in routes()}
    assert found - ours == {*LIBRARY, *LIBRARY_ELSEWHERE, *LIBRARY_MUTE}


def test_an_address_that_shows_no_page_is_named_with_its_reason(world):
    found = {kind: set() for kind in ("page", "part", "away", "file", "nothing")}
    for _, address, _, kind in looked_at(world):
        found[kind].add(address)
    named = set(ELSEWHERE)
    assert found["part"] - named == PARTS
    assert (found["away"] | found["nothing"]) - named == MOVES_ON | FILES
    assert not found["page"] & named


def test_pages_that_are_looked_at_elsewhere_are():
    for address, where in {**ELSEWHERE, **LIBRARY_ELSEWHERE}.items():
        words = [part for part in address.replace("^", "/").split("/") if part.isalpha()]
        text = (Path(every_page.__file__).parent / f"{where}.py").read_text()
        assert any(word in text for word in words), address
