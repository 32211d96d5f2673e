"""The demo's projects as they stand in projects.toml, in the units of the database."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from values.gpu_time import hours_to_microseconds
from values.money import parse_money

FILE = Path(__file__).with_name("projects.toml")

DELIVERY_DAYS = 60

STORY = """\
## What will be made

{what}

## How

{how}

## How you can tell that it works

{check}

## Who we are

{who}

Every checkpoint, the configuration, the data recipe and the training log are released under the licences named here.
"""


@dataclass(frozen=True, slots=True)
class DemoProject:
    """One project. `columns` are fields of `Project`; days are counted from the first start."""

    slug: str
    state: str
    launched: int
    deadline: int
    columns: dict[str, Any]
    rewards: list[dict[str, Any]]
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def creator(self) -> str:
        """The mail address of who posts it."""
        return address_of(self.more.get("creator", "creator"))

    @property
    def delivery_days(self) -> list[int]:
        """When each reward is estimated to be there."""
        return [int(reward.get("day", self.deadline + DELIVERY_DAYS)) for reward in self.more["rewards"]]

    @property
    def backers(self) -> int:
        """How many card pledges it has."""
        return int(self.more.get("backers", 0))

    @property
    def amounts(self) -> list[int]:
        """What its backers choose from, in minor units."""
        return [minor(amount, self.columns["currency"]) for amount in self.more.get("pledges", [])]


def minor(amount: int, currency: str) -> int:
    """Minor units of whole major units."""
    return parse_money(str(amount), currency).minor


def hours(text: str | None) -> int | None:
    """Microseconds, or None where nothing is asked for."""
    return hours_to_microseconds(Decimal(text)) if text else None


@cache
def _read() -> dict[str, Any]:
    with FILE.open("rb") as file:
        return tomllib.load(file)


@cache
def demo_projects() -> tuple[DemoProject, ...]:
    """In the order of the file. Raises KeyError where a field is missing."""
    return tuple(_project(one) for one in _read()["project"])


def demo_creators() -> list[tuple[str, str, str]]:
    """(mail address, name, what they say of themselves) of who posts projects."""
    return [(address_of(one["key"]), one["name"], one["about"]) for one in _read()["person"]]


def demo_collections() -> list[tuple[str, str, list[str]]]:
    """(title, text, addresses of projects)."""
    return [(one["title"], one["text"], one["projects"]) for one in _read()["collection"]]


def address_of(key: str) -> str:
    """The mail address of one of the demo's people."""
    return f"{key}@demo.example"


def _project(one: dict[str, Any]) -> DemoProject:
    currency = one["currency"]
    columns = {
        "title": one["title"],
        "promise": one["promise"],
        "story": STORY.format(what=one["what"], how=one["how"], check=one["check"], who=one["who"]),
        "model_kind": one["kind"],
        "tags": one["tags"],
        "languages": one["languages"],
        "memory_gib": one["memory_gib"],
        "weights_license": one.get("weights_license", "Apache-2.0"),
        "data_license": one["data_license"],
        "code_license": "Apache-2.0",
        "currency": currency,
        "funding_minimum": minor(one["money_minimum"], currency),
        "funding_stretch": minor(one["money_stretch"], currency) if "money_stretch" in one else None,
        "compute_minimum_us": hours(one.get("hours_minimum")) or 0,
        "compute_stretch_us": hours(one.get("hours_stretch")),
        "funding_model": one.get("funding_model", "all_or_nothing"),
        "shortfall_rule": one.get("shortfall_rule", "stay_funded"),
        "takes_late_pledges": one.get("takes_late_pledges", False),
        "takes_monthly_support": one.get("takes_monthly_support", False),
    }
    rewards = [
        {
            "title": reward["title"],
            "description": reward["text"],
            "threshold_minor": minor(reward["money"], currency) if "money" in reward else None,
            "threshold_gpu_us": hours(reward.get("hours")),
            "limit": reward.get("limit"),
            "law_class": reward.get("class", "gift"),
            "benefits": reward.get("gives", []),
            "thanks_text": reward.get("thanks", ""),
            "inference_quota": reward.get("quota", 0),
        }
        for reward in one["rewards"]
    ]
    return DemoProject(one["slug"], one["state"], one["launched"], one["deadline"], columns, rewards, one)
