"""What the payments side refuses, as sentences for people, and how the provider fails."""

from __future__ import annotations


class PaymentsError(Exception):
    """Root of the app's errors."""


class PledgeRefused(PaymentsError):
    """The pledge cannot be made or changed."""


class RefundRefused(PaymentsError):
    """More than is left, or of a charge that cannot be refunded."""


class PayoutRefused(PaymentsError):
    """The tranche cannot be asked for or released now."""


class DisputeRefused(PaymentsError):
    """The evidence cannot be handed in now."""


class OwnMoney(PaymentsError):
    """The admin is the backer or the creator."""


class HoldRefused(PaymentsError):
    """The hold cannot be set or lifted."""


class ProviderAway(PaymentsError):
    """No usable answer: the outcome is unknown, and nothing may be sent again under another key."""


class ProviderBusy(ProviderAway):
    """The provider refused to look at the request: it had no effect and may be sent again later."""


class NotBookedYet(ProviderAway):
    """The charge succeeded, but the provider has not said yet what it brought: ask again in a moment."""


class ProviderRefused(PaymentsError):
    """The provider answered that the request itself is wrong. `code` is the provider's."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class CardRefused(PaymentsError):
    """The card was refused. `code` and `decline_code` are the provider's."""

    def __init__(self, message: str, *, code: str, decline_code: str, advice: str) -> None:
        super().__init__(message)
        self.code, self.decline_code, self.advice = code, decline_code, advice


class UnbalancedEntries(PaymentsError):
    """Entries that do not sum to zero."""
