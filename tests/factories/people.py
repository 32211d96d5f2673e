"""Accounts and projects for tests."""

from datetime import UTC, datetime, timedelta
from itertools import count

from accounts.models import User
from projects.models import BudgetLine, DataSource, Project, PromisedOutput, Risk

_numbers = count(1)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def make_user(**fields) -> User:
    number = next(_numbers)
    if fields.get("is_reviewer"):
        fields.setdefault("organization", f"Organization {number}")
    return User.objects.create_user(
        f"person{number}@test.example", "a-long-password", name=f"Person {number}", **fields
    )


def make_project(**fields) -> Project:
    number = next(_numbers)
    defaults = {
        "slug": f"project-{number}",
        "title": f"Project {number}",
        "promise": "A small open model.",
        "story": "Text.",
        "model_kind": "language",
        "weights_license": "Apache-2.0",
        "data_license": "PSF-2.0",
        "code_license": "Apache-2.0",
        "currency": "EUR",
        "funding_minimum": 100_00,
        "funding_model": "all_or_nothing",
        "deadline_at": NOW + timedelta(days=10),
        "compute_ends_at": NOW + timedelta(days=40),
        "state": "live",
    }
    fields.setdefault("creator", None)
    creator = fields.pop("creator") or make_user()
    return Project.objects.create(creator=creator, **{**defaults, **fields})


def complete(project) -> Project:
    """Give a draft all that the checklist asks for."""
    project.rewards.create(title="Thanks", threshold_minor=1000)
    BudgetLine.objects.create(project=project, title="Machines", amount_minor=project.funding_minimum or 100)
    Risk.objects.create(project=project, title="Too few machines", answer="A smaller model.")
    DataSource.objects.create(
        project=project, name="Library", license="PSF-2.0", consent="licensed", personal_data="none"
    )
    PromisedOutput.objects.create(
        project=project, kind="weights", description="The model.", due_on=project.compute_ends_at.date()
    )
    return project
