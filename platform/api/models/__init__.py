from api.models.answers import KeptAnswer
from api.models.tokens import PersonalToken

__all__ = ["KeptAnswer", "PersonalToken"]
