"""Pictures of the demo's rewards, drawn by code: a recorded curve as a print, or a cloth of the two pigments."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path

from PIL import Image, ImageDraw

from pages.demo.reading import DemoProject
from projects.fulfilment.offering import picture_reward
from projects.models import Project

SIZE = (960, 480)
PAPER, INK, LINE = "#f7f4ee", "#161a22", "#dcd5c7"
PIGMENTS = ("#b36a00", "#13808c", "#1d3557", "#d9a441", "#5fb3b8")
CELL = 24
CURVE = Path(__file__).with_name("curves") / "first-thread.json"


def draw_pictures(project: Project, demo: DemoProject) -> None:
    """Of each reward that the file gives a picture."""
    for one in demo.more["rewards"]:
        if what := one.get("picture"):
            reward = project.rewards.get(title=one["title"])
            picture = _curve() if what == "curve" else _cloth(f"{demo.slug} {one['title']}")
            content = io.BytesIO()
            picture.save(content, "PNG")
            picture_reward(reward_id=reward.pk, by=project.creator, content=content.getvalue(), alt=one["alt"])


def _cloth(key: str) -> Image.Image:
    """Warp and weft: which thread is on top is drawn from the key."""
    chance = random.Random(key)  # noqa: S311  # reason: demo data, to be the same again
    picture = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(picture)
    warp = [chance.choice(PIGMENTS[:2]) for _ in range(SIZE[0] // CELL)]
    weft = [chance.choice(PIGMENTS[2:]) for _ in range(SIZE[1] // CELL)]
    step, float_length = chance.randint(1, 3), chance.randint(2, 5)
    for column, up in enumerate(warp):
        for row, across in enumerate(weft):
            is_up = (column + step * row) % (float_length + 1) < float_length // 2 + 1
            left, top, last = column * CELL, row * CELL, CELL - 1
            thread = (2, 0, last - 2, last) if is_up else (0, 2, last, last - 2)
            inset = (left + thread[0], top + thread[1], left + thread[2], top + thread[3])
            draw.rectangle(inset, fill=up if is_up else across)
    return picture


def _curve() -> Image.Image:
    """The loss of First Thread over its rounds, as a sheet of paper shows it."""
    losses = [row["loss"] for row in json.loads(CURVE.read_text())]
    picture = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(picture)
    left, top, right, bottom = 72, 56, SIZE[0] - 72, SIZE[1] - 72
    for place in range(5):
        level = top + place * (bottom - top) // 4
        draw.line((left, level, right, level), fill=LINE, width=2)
    highest, lowest = max(losses), min(losses)
    across, down = (right - left) / (len(losses) - 1), (bottom - top) / (highest - lowest)
    points = [(left + index * across, top + (highest - loss) * down) for index, loss in enumerate(losses)]
    draw.line(points, fill=PIGMENTS[0], width=6, joint="curve")
    draw.line((left, bottom, right, bottom), fill=INK, width=3)
    return picture
