from projects.models.funding import Contribution
from projects.models.project import Project, ProjectTransition, Reward
from projects.models.writing import LabNote, Review

__all__ = ["Contribution", "LabNote", "Project", "ProjectTransition", "Review", "Reward"]
