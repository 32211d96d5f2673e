"""What the app refuses."""


class ApiError(Exception):
    """Root of the app's errors; the message is a sentence for people."""


class TokenRefused(ApiError):
    """The token cannot be made."""


class HookRefused(ApiError):
    """The endpoint cannot be registered, or its address not be called."""
