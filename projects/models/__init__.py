from projects.models.comments import Comment, FaqEntry
from projects.models.disclosure import BudgetLine, DataSource, Risk
from projects.models.finding import Collection, CollectionEntry, SavedSearch
from projects.models.following import CreatorFollow, ProjectFollow
from projects.models.funding import Contribution, ContributionDay
from projects.models.listing import ProjectListing
from projects.models.milestones import WHOLE_BP, Milestone, MilestoneEvidence
from projects.models.notes import LabNote, LabNoteChange
from projects.models.people import Profile
from projects.models.project import Project, ProjectTransition, Reward, StockPool
from projects.models.promises import PromisedOutput
from projects.models.referrals import ReferralDay
from projects.models.releases import OutputFile, OutputRelease
from projects.models.reviews import LineComment, ReviewClaim, ReviewPoint
from projects.models.rewards import (
    Benefit,
    Delivery,
    DeliveryAddress,
    DeliveryStep,
    RewardImage,
    RewardQuestion,
)
from projects.models.teams import Role, TeamInvitation, Teammate
from projects.models.trust import Report, SuspensionAppeal
from projects.models.writing import Review

__all__ = [
    "WHOLE_BP",
    "Benefit",
    "BudgetLine",
    "Collection",
    "CollectionEntry",
    "Comment",
    "Contribution",
    "ContributionDay",
    "CreatorFollow",
    "DataSource",
    "Delivery",
    "DeliveryAddress",
    "DeliveryStep",
    "FaqEntry",
    "LabNote",
    "LabNoteChange",
    "LineComment",
    "Milestone",
    "MilestoneEvidence",
    "OutputFile",
    "OutputRelease",
    "Profile",
    "Project",
    "ProjectFollow",
    "ProjectListing",
    "ProjectTransition",
    "PromisedOutput",
    "ReferralDay",
    "Report",
    "Review",
    "ReviewClaim",
    "ReviewPoint",
    "Reward",
    "RewardImage",
    "RewardQuestion",
    "Risk",
    "Role",
    "SavedSearch",
    "StockPool",
    "SuspensionAppeal",
    "TeamInvitation",
    "Teammate",
]
