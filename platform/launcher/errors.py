"""What the launcher says when it cannot go on."""


class LaunchError(RuntimeError):
    """A failure with a sentence that says what to do."""
