"""What the app refuses."""

from __future__ import annotations

from typing import Any


class ProjectError(Exception):
    """Root of the app's errors; the message is a sentence for people."""


class TransitionRefused(ProjectError):
    """The state does not allow it."""


class ChangedElsewhere(ProjectError):
    """Somebody saved other content since this writer read it; nothing of theirs is replaced.

    `saved` is what stands now, as its form shows it, and `version` its version.
    """

    def __init__(self, words: str, *, saved: Any, version: str | int) -> None:
        super().__init__(words)
        self.saved, self.version = saved, version


class LaunchRefused(ProjectError):
    """A requirement of launching is missing."""


class ReviewRefused(ProjectError):
    """The person may not decide on this project now."""


class RewardSoldOut(ProjectError):
    """The tier's stock is claimed."""


class EvidenceRefused(ProjectError):
    """The evidence for a milestone cannot be taken."""


class TeamRefused(ProjectError):
    """The team stays as it is."""


class FollowRefused(ProjectError):
    """Not everything can be followed, nor by everyone."""


class NoteRefused(ProjectError):
    """The note stays as it is; what was written is kept by whoever asked."""


class CommentRefused(ProjectError):
    """The discussion stays as it is; what was typed is kept by whoever asked."""


class RewardRefused(ProjectError):
    """The reward, or its delivery, stays as it is."""


class OutputRefused(ProjectError):
    """What was released cannot be taken as it is."""


class CardRefused(ProjectError):
    """The model card cannot be read."""


class ReportRefused(ProjectError):
    """The report cannot be taken, or is not this person's to decide."""


class AppealRefused(ProjectError):
    """The appeal cannot be opened, or is not this person's to decide."""


class SearchRefused(ProjectError):
    """The search is not saved."""


class CollectionRefused(ProjectError):
    """The collection stays as it is."""
