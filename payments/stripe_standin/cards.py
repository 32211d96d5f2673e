"""Stripe's published test cards, by what they do.

The number is looked at once, in memory; objects keep the last four digits and the name of the behavior.
Source: https://docs.stripe.com/testing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Behavior:
    """`setup` and `charge` are (code, decline_code) of a refusal; the flags say when the bank asks the holder.

    `disputed` is the reason of the dispute that follows the charge; `refund` is `pending` or `fails` where a refund
    does not simply succeed.
    """

    setup: tuple[str, str] | None = None
    charge: tuple[str, str] | None = None
    asks_at_setup: bool = False
    asks_off_session: bool = False
    disputed: str = ""
    bypasses_pending: bool = False
    refund: str = ""


DECLINED = ("card_declined", "generic_decline")
NO_FUNDS = ("card_declined", "insufficient_funds")
EXPIRED = ("expired_card", "expired_card")
LOST = ("card_declined", "lost_card")
STOLEN = ("card_declined", "stolen_card")
WRONG_CVC = ("incorrect_cvc", "incorrect_cvc")
PROCESSING = ("processing_error", "processing_error")

CARDS = {
    "4242424242424242": Behavior(),
    "5555555555554444": Behavior(),
    "4000000000000002": Behavior(setup=DECLINED, charge=DECLINED),
    "4000000000009995": Behavior(setup=NO_FUNDS, charge=NO_FUNDS),
    "4000000000000069": Behavior(setup=EXPIRED, charge=EXPIRED),
    "4000000000000341": Behavior(charge=DECLINED),
    "4000002500003155": Behavior(asks_at_setup=True),
    "4000002760003184": Behavior(asks_at_setup=True, asks_off_session=True),
    "4000008260003178": Behavior(asks_at_setup=True, charge=NO_FUNDS),
    "4000000000009987": Behavior(setup=LOST, charge=LOST),
    "4000000000009979": Behavior(setup=STOLEN, charge=STOLEN),
    "4000000000000127": Behavior(setup=WRONG_CVC, charge=WRONG_CVC),
    "4000000000000119": Behavior(setup=PROCESSING, charge=PROCESSING),
    "4000000000000259": Behavior(disputed="fraudulent"),
    "4000000000002685": Behavior(disputed="product_not_received"),
    "4000000000000077": Behavior(bypasses_pending=True),
    "4000000000007726": Behavior(refund="pending"),
    "4000000000005126": Behavior(refund="fails"),
}
# Shared payment methods of test mode, which no card form is needed for.
SHARED = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_authenticationRequiredSetupForOffSession": "4000002500003155",
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": "4000008260003178",
    "pm_card_visa_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_visa_chargeDeclinedStolenCard": "4000000000009979",
    "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_chargeDeclinedProcessingError": "4000000000000119",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_createDisputeProductNotReceived": "4000000000002685",
    "pm_card_bypassPending": "4000000000000077",
    "pm_card_pendingRefund": "4000000000007726",
    "pm_card_refundFail": "4000000000005126",
}
MESSAGES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "lost_card": "Your card was declined.",
    "stolen_card": "Your card was declined.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
}
ADVICE = dict.fromkeys(("expired_card", "lost_card", "stolen_card", "incorrect_cvc"), "do_not_try_again")


def behavior_of(last4: str) -> Behavior:
    """What the card with these last digits does; the test cards differ in them."""
    return next((behavior for number, behavior in CARDS.items() if number.endswith(last4)), Behavior())


def passes_luhn(number: str) -> bool:
    """The check digit of a card number."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def brand_of(number: str) -> str:
    """`visa`, `mastercard` or `amex`."""
    return {"4": "visa", "5": "mastercard", "3": "amex"}.get(number[:1], "unknown")
