from api.models.answers import KeptAnswer
from api.models.hooks import HookAttempt, HookEndpoint, HookMessage
from api.models.tokens import PersonalToken

__all__ = ["HookAttempt", "HookEndpoint", "HookMessage", "KeptAnswer", "PersonalToken"]
