from projects.models.following import CreatorFollow, ProjectFollow
from projects.models.funding import Contribution, ContributionDay
from projects.models.listing import ProjectListing
from projects.models.milestones import WHOLE_BP, Milestone, MilestoneEvidence
from projects.models.notes import LabNote, LabNoteChange
from projects.models.project import Project, ProjectTransition, Reward
from projects.models.teams import Teammate
from projects.models.writing import Review

__all__ = [
    "WHOLE_BP",
    "Contribution",
    "ContributionDay",
    "CreatorFollow",
    "LabNote",
    "LabNoteChange",
    "Milestone",
    "MilestoneEvidence",
    "Project",
    "ProjectFollow",
    "ProjectListing",
    "ProjectTransition",
    "Review",
    "Reward",
    "Teammate",
]
