"""The steps of the wizard as one table. A step is a page with one or more parts; a part is a form or a set of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.conflicts import version_of as content_version
from projects.models import Project
from projects.reward_forms import RewardFormSet
from projects.wizard import basics, goals, openness, rewards, rows


@dataclass(frozen=True, slots=True)
class Part:
    """`form` is a form class, or a set of rows where `row` names one. `prefix` parts it from its neighbours."""

    form: Any
    load: Callable[[Project], Any]
    write: Callable[[Project, Any], None]
    prefix: str = ""
    row: str | Promise = ""

    def blank(self, project: Project, initial: Any) -> Any:
        """Shown, not judged."""
        if self.row:
            return self.form(initial=initial, prefix=self.prefix, form_kwargs={"currency": project.currency})
        return self.form(initial=initial)

    def filled(self, project: Project, post: Mapping[str, Any]) -> Any:
        """With what was typed, to be judged against what is saved."""
        if not self.row:
            return self.form(post)
        return self.form(
            post, initial=self.load(project), prefix=self.prefix, form_kwargs={"currency": project.currency}
        )

    def cleaned(self, form: Any) -> Any:
        """What `write` takes."""
        return form.kept() if self.row else form.cleaned_data

    def typed(self, post: Mapping[str, str]) -> Any:
        """What was typed, as `initial`, without a word about it; empty and removed rows go."""
        if not self.row:
            return {name: post.get(name, "") for name in self.form.base_fields}
        names = self.form.form.base_fields
        found = []
        for number in range(self.form.max_num):
            row = {name: post.get(f"{self.prefix}-{number}-{name}", "") for name in names}
            if any(str(value).strip() for name, value in row.items() if name not in CHOSEN):
                found += [] if post.get(f"{self.prefix}-{number}-DELETE") else [row]
        return found


# A row in which only these are set is empty.
CHOSEN = ("key", "law_class", "is_add_on", "kind", "consent", "personal_data")


@dataclass(frozen=True, slots=True)
class Step:
    """One page of the wizard."""

    key: str
    title: str | Promise
    lede: str | Promise
    parts: tuple[Part, ...]

    @property
    def template(self) -> str:
        """How its parts are laid out."""
        return f"projects/wizard/_{self.key}.html"


STEPS = (
    Step("basics", _("Basics"), _("What will be made, and why it should exist."), (
        Part(basics.BasicsForm, basics.load, basics.write),
    )),
    Step("goals", _("Goals"), _("A minimum in money, in GPU time, or both. If both are set, both must be met."), (
        Part(goals.GoalsForm, goals.load, goals.write),
    )),
    Step("budget", _("Budget"), _("Where the money and the hours go. Backers read it before they pledge."), (
        Part(rows.BudgetSet, rows.load_budget, rows.write_budget, "budget", _("Line")),
    )),
    Step("milestones", _("Milestones"), _("You are paid in tranches, each when its evidence has been looked at."), (
        Part(rows.MilestoneSet, rows.load_milestones, rows.write_milestones, "milestones", _("Milestone")),
        Part(openness.TakesForm, openness.load_takes, openness.write_columns),
    )),
    Step("rewards", _("Rewards"), _("What backers get, from an amount of money or from verified hours."), (
        Part(RewardFormSet, rewards.load, rewards.write, "rewards", _("Reward")),
    )),
    Step("openness", _("Data and licences"), _("What is released, when, under which terms, and from which data."), (
        Part(openness.LicensesForm, openness.load_licenses, openness.write_columns),
        Part(rows.OutputSet, rows.load_outputs, rows.write_outputs, "outputs", _("Promise")),
        Part(rows.SourceSet, rows.load_sources, rows.write_sources, "sources", _("Source")),
    )),
    Step("risks", _("Risks"), _("What could go wrong, and what you do about it. Nobody believes that nothing could."), (
        Part(rows.RiskSet, rows.load_risks, rows.write_risks, "risks", _("Risk")),
    )),
)  # fmt: skip
BY_KEY = {step.key: step for step in STEPS}


def version_of(project: Project, step: Step) -> str:
    """What the step's content is now, as a short hash: two tabs that show the same content hold the same version."""
    return content_version(load_step(project, step))


def load_step(project: Project, step: Step) -> dict[str, Any]:
    """What is saved: fields by name, rows as a list under the name of their part."""
    found: dict[str, Any] = {}
    for part in step.parts:
        found |= {part.prefix: part.load(project)} if part.row else part.load(project)
    return found
