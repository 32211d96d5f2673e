"""What reviewers comment on, line by line: the story's paragraphs, and each row of all else that is handed in.

Lines are composed in English whoever reads them: a comment finds its line again by the words that it quotes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from projects.fields import format_hours
from projects.markdown import paragraphs_of
from projects.models import Project, Reward
from values.gpu_time import format_gpu_time

STORY = "story"


@dataclass(frozen=True, slots=True)
class Part:
    """`step` is the page on which the team changes it: a step of the wizard, or "faq". `lines` are Markdown."""

    key: str
    label: str | Promise
    step: str
    lines: Callable[[Project], list[str]]


def lines_of(part: Part, project: Project) -> list[str]:
    """The part's lines as they are now."""
    with override("en"):
        return part.lines(project)


def _line(head: str, *more: object) -> str:
    """A bold beginning, and what is there of the rest."""
    rest = [str(one).strip() for one in more if one not in (None, "", False)]
    return "**" + head.replace("*", "\\*") + "**" + "".join(f"  \n{one}" for one in rest)


def _budget(project: Project) -> list[str]:
    rows = project.budget_lines.select_related("project")
    return [_line(row.title, row.money or (row.hours_us and format_gpu_time(row.hours_us)), row.note) for row in rows]


def _milestones(project: Project) -> list[str]:
    return [
        _line(row.title, f"{row.share_percent} of the money", row.due_on and f"by {row.due_on}",
              row.evidence_wanted)
        for row in project.milestones.all()
    ]  # fmt: skip


def _rewards(project: Project) -> list[str]:
    return [_reward(row) for row in project.rewards.select_related("pool", "project").prefetch_related("questions")]


def _reward(row: Reward) -> str:
    start = f"{format_hours(row.threshold_gpu_us)} GPU-h, verified" if row.threshold_gpu_us else str(row.threshold)
    facts = [
        f"from {start}" if not row.is_add_on else f"an add-on for {start}", row.get_law_class_display(),
        row.limit and f"{row.limit} of them", row.pool and f"shares the stock “{row.pool.name}” of {row.pool.limit}",
        row.available_until and f"until {row.available_until:%Y-%m-%d %H:%M} UTC",
        row.delivers_on and f"promised for {row.delivers_on:%B %Y}", row.needs_address and "needs an address",
        *(Reward.Benefit(kind).label for kind in row.benefits),
    ]  # fmt: skip
    asks = [f"Asks: {question.text}" for question in row.questions.all()]
    return _line(row.title, "; ".join(str(fact) for fact in facts if fact), row.description, *asks, row.thanks_text)


def _outputs(project: Project) -> list[str]:
    rows = project.promised_outputs.all()
    return [_line(str(row.get_kind_display()), row.description, row.due_on and f"by {row.due_on}") for row in rows]


def _sources(project: Project) -> list[str]:
    rows = project.data_sources.all()
    return [
        _line(row.name, row.url, row.license, row.get_consent_display(), f"personal data: "
              f"{row.get_personal_data_display()}", row.note)
        for row in rows
    ]  # fmt: skip


def _risks(project: Project) -> list[str]:
    return [_line(row.title, row.answer) for row in project.risks.all()]


def _faq(project: Project) -> list[str]:
    return [_line(row.question, row.answer) for row in project.faq.all()]


PARTS = (
    Part(STORY, _("Story"), "basics", lambda project: paragraphs_of(project.story)),
    Part("budget", _("Budget"), "budget", _budget),
    Part("milestones", _("Milestones"), "milestones", _milestones),
    Part("rewards", _("Rewards"), "rewards", _rewards),
    Part("outputs", _("Promised"), "openness", _outputs),
    Part("sources", _("Data"), "openness", _sources),
    Part("risks", _("Risks"), "risks", _risks),
    Part("faq", _("Questions and answers"), "faq", _faq),
)
BY_KEY = {part.key: part for part in PARTS}
