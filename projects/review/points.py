"""What every reviewer looks at, and the reasons that come up again and again."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

POINTS = (
    ("feasible", _("The goals fit what is to be made"), _("Which figure you checked against which")),
    ("budget", _("The budget says where money and hours go"), _("Which line you asked about")),
    ("rewards", _("Rewards can be delivered as they are described"), _("Which stock, month or shipping you looked at")),
    ("data", _("Sources, consent and licences of the data"), _("Which licence you opened")),
    ("promises", _("What is released, when, under which licence"), _("Which promise you can check later")),
    ("risks", _("Risks are named honestly"), _("Which risk is missing, or that none is")),
    (
        "faq",
        _("Questions and answers say nothing else than the rest"),
        _("Which answer you read, or that there is none"),
    ),
    ("people", _("The people can be expected to do it"), _("What you know or looked up")),
)
CANNED = (
    ("data", _("Name every source of the data with its licence, and why the people in it agree.")),
    ("budget", _("Say what the money is for, line by line, so that it makes the minimum.")),
    ("goals", _("The compute goal does not fit the model and its tokens. Show the estimate.")),
    ("promises", _("Promise outputs that anyone can check, each with a date and a licence.")),
    ("risks", _("Name what could go wrong, and what you would do then.")),
    ("rewards", _("Say of each reward what it is, how many there are, and when it comes.")),
    ("claims", _("The story claims more than the evaluation can show. Say how it is judged.")),
)
