"""What the mails about money say. `{…}` are facts of the pledge, or of the notice."""

from django.utils.translation import gettext_lazy as _

SUBJECTS = {
    "saved": _("Your pledge to {title} is recorded"),
    "canceled": _("Your pledge to {title} is canceled"),
    "collected": _("Your pledge to {title} was charged"),
    "repair": _("Your card was not charged for {title}: please look at it"),
    "reminder": _("Your pledge to {title} still waits for you"),
    "released": _("{title} was not funded: your card was not charged"),
    "let_go_canceled": _("{title} was canceled: your card was not charged"),
    "let_go_abandoned": _("{title} was given up: your card was not charged"),
    "dropped": _("Your pledge to {title} has ended without a charge"),
    "refund": _("Money for {title} goes back to you"),
    "refunded": _("Your money for {title} is on its way back"),
    "refund_failed": _("Your bank sent a refund for {title} back"),
    "disputed": _("Your bank asked about your payment to {title}"),
    "notice": _("Your monthly support of {title} is charged in two days"),
}
BODIES = {
    "saved": _(
        "{amount} is promised to {title}. Your card is charged only if the project reaches "
        "its minimums by its deadline. Until then you can change or cancel it."
    ),
    "canceled": _("Your pledge of {amount} to {title} is canceled. Your card was not charged."),
    "collected": _("{amount} was charged for {title}. This mail is your receipt; the pledge's page has one to print."),
    "repair": _(
        "We could not charge {amount} for {title}: {message} Nothing was lost, and you "
        "were charged nothing. Confirm it or use another card within seven days of the "
        "deadline."
    ),
    "reminder": _("Your pledge of {amount} to {title} is not charged yet: {message} Confirm it or use another card."),
    "released": _("{title} did not reach its minimums. Your pledge of {amount} is released and your card was let go."),
    "let_go_canceled": _(
        "{title} was canceled. Your pledge of {amount} is released and your card was let go. "
        "Why it was canceled stands on the project's page."
    ),
    "let_go_abandoned": _(
        "{title} was given up by its team before your pledge of {amount} was charged. It is released and your card "
        "was let go. What was achieved stays on the project's page."
    ),
    "dropped": _(
        "Your pledge of {amount} to {title} could not be charged in seven days and has ended. You owe nothing."
    ),
    "refund": _(
        "Part of your payment for {title} goes back to your card; {refunded} in all so "
        "far. Banks take up to ten days to show it."
    ),
    "refunded": _("{amount} for {title} goes back to your card. Banks take up to ten days to show it."),
    "refund_failed": _(
        "A refund for {title} could not be paid to your card: your bank sent it "
        "back. The money is kept for you; answer this mail and we find another way."
    ),
    "disputed": _(
        "Your bank asked the payment of {amount} to {title} back in your name. If you "
        "did not mean that, tell your bank. If you did, there is nothing to do."
    ),
    "notice": _("{amount} for {title} will be charged on {debit}. You can pause or cancel it before that."),
}
# What the link of a mail does, and which fact is its address.
ACTIONS = {
    "saved": (_("See your pledge"), "link"),
    "canceled": (_("See your pledge"), "link"),
    "collected": (_("See the pledge and its receipt"), "link"),
    "repair": (_("Confirm it or use another card"), "repair"),
    "reminder": (_("Confirm it or use another card"), "repair"),
    "released": (_("See your pledge"), "link"),
    "let_go_canceled": (_("See your pledge"), "link"),
    "let_go_abandoned": (_("See your pledge"), "link"),
    "dropped": (_("See your pledge"), "link"),
    "refund": (_("See your pledge"), "link"),
    "refunded": (_("See your pledge"), "link"),
    "refund_failed": (_("See your pledge"), "link"),
    "disputed": (_("See your pledge"), "link"),
    "notice": (_("Pause or cancel it"), "support"),
}
NOTICE_SUBJECTS = {
    "dispute_opened": _("A payment to {title} is disputed: evidence needed"),
    "dispute_closed": _("The dispute of a payment to {title} is {outcome}"),
    "payout_requested": _("{title} asks for a tranche"),
    "payout_released": _("A tranche of {title} is released"),
    "payout_paid": _("{amount} of {title} is on its way to you"),
    "payout_rejected": _("A tranche of {title} was sent back to you"),
}
NOTICE_BODIES = {
    "dispute_opened": _(
        "A backer's bank took back {amount} that was paid to {title}; its reason: {reason}. "
        "Until {due} you can hand in evidence that the payment was right."
    ),
    "dispute_closed": _("The bank decided: {outcome}. It was about {amount} for {title}."),
    "payout_requested": _(
        "{title} shows evidence for the milestone {milestone}. Look at it and release it or send it back."
    ),
    "payout_released": _("{amount} for the milestone {milestone} of {title} is released and being sent."),
    "payout_paid": _(
        "{amount} for {title} was sent to your account at the payment provider. The page shows how it was computed."
    ),
    "payout_rejected": _(
        "The tranche for the milestone {milestone} of {title} was not released: "
        "{reason} Show what is missing and ask again."
    ),
}
NOTICE_ACTIONS = {
    "dispute_opened": _("Hand in evidence"),
    "dispute_closed": _("See the dispute"),
    "payout_requested": _("Look at the evidence"),
    "payout_released": _("See the payouts"),
    "payout_paid": _("See how it was computed"),
    "payout_rejected": _("Show what is missing"),
}
