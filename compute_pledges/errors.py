"""What the compute side refuses, as facts with sentences for people and codes for agents."""

from __future__ import annotations


class ComputeError(Exception):
    """Root of the app's errors. `code` is stable for agents; `retry_after` in seconds when waiting helps."""

    code = "refused"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class EnrollmentRefused(ComputeError):
    code = "enrollment_refused"


class DeviceNotAllowed(ComputeError):
    code = "device_not_allowed"


class NoWorkNow(ComputeError):
    code = "no_work_now"


class PeerTaken(ComputeError):
    code = "peer_taken"


class ReceiptRefused(ComputeError):
    code = "receipt_refused"


class RunRefused(ComputeError):
    code = "run_refused"


class RunPaused(RunRefused):
    code = "run_paused"


class PledgeRefused(ComputeError):
    code = "pledge_refused"


class ReportRefused(ComputeError):
    code = "report_refused"


class SponsoringRefused(ComputeError):
    code = "sponsoring_refused"


class TeamRefused(ComputeError):
    code = "team_refused"


class AppealRefused(ComputeError):
    code = "appeal_refused"
