"""What the demo's finished projects release, so that their promises show as kept."""

from __future__ import annotations

from datetime import datetime

from pages.demo.reading import DemoProject
from pages.demo.recorded import FOLDER
from projects.models import Project
from projects.openness.releasing import Output, release_output

STAND_IN = """\
{what} of {title}.

This text stands for the file in the demo of Commonweave: the project was made up, and nothing was trained for it.
"""


def release_outputs(project: Project, demo: DemoProject, *, now: datetime) -> None:
    """Every output that the file names a release of; the same again changes nothing."""
    for one in demo.more["outputs"]:
        if "file" in one:
            _release(project, one, now)


def _release(project: Project, one: dict[str, str], now: datetime) -> None:
    name, content = one["file"], STAND_IN.format(what=one["text"], title=project.title).encode()
    if name == "stand-in":
        name = f"{one['kind']}.txt"
    else:
        content = (FOLDER / name).read_bytes()
    promise = project.promised_outputs.get(kind=one["kind"], description=one["text"])
    license_name = project.data_license if one["kind"] == "data" else project.weights_license
    output = Output(
        kind=one["kind"], title=one["text"], license=license_name, name=name, content=content, promise=promise
    )  # fmt: skip
    release_output(project=project, by=project.creator, output=output, now=now)
