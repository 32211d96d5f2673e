"""What the mails about money say. `{…}` are facts of the pledge, or of the notice."""

SUBJECTS = {
    "saved": "Your pledge to {title} is recorded",
    "canceled": "Your pledge to {title} is canceled",
    "collected": "Your pledge to {title} was charged",
    "repair": "Your card was not charged for {title}: please look at it",
    "reminder": "Your pledge to {title} still waits for you",
    "released": "{title} was not funded: your card was not charged",
    "dropped": "Your pledge to {title} has ended without a charge",
    "refund": "Money for {title} goes back to you",
    "refunded": "Your money for {title} is on its way back",
    "refund_failed": "Your bank sent a refund for {title} back",
    "disputed": "Your bank asked about your payment to {title}",
    "notice": "Your monthly support of {title} is charged in two days",
}
BODIES = {
    "saved": "{amount} is promised to {title}. Your card is charged only if the project reaches its minimums by its "
    "deadline. Until then you can change or cancel it here: {link}",
    "canceled": "Your pledge of {amount} to {title} is canceled. Your card was not charged.",
    "collected": "{amount} was charged for {title}. This mail is your receipt; the pledge, with a receipt to print: "
    "{link}",
    "repair": "We could not charge {amount} for {title}: {message} Nothing was lost, and you were charged nothing. "
    "Confirm it or use another card within seven days of the deadline: {repair}",
    "reminder": "Your pledge of {amount} to {title} is not charged yet: {message} "
    "Confirm it or use another card: {repair}",
    "released": "{title} did not reach its minimums. Your pledge of {amount} is released and your card was let go.",
    "dropped": "Your pledge of {amount} to {title} could not be charged in seven days and has ended. You owe nothing.",
    "refund": "Part of your payment for {title} goes back to your card; {refunded} in all so far. Banks take up to ten "
    "days to show it. Your pledge: {link}",
    "refunded": "{amount} for {title} goes back to your card. Banks take up to ten days to show it.",
    "refund_failed": "A refund for {title} could not be paid to your card: your bank sent it back. The money is kept "
    "for you; answer this mail and we find another way. Your pledge: {link}",
    "disputed": "Your bank asked the payment of {amount} to {title} back in your name. If you did not mean that, tell "
    "your bank. If you did, there is nothing to do: {link}",
    "notice": "{amount} for {title} will be charged on {debit}. Pause or cancel with one click before that: {support}",
}
NOTICE_SUBJECTS = {
    "dispute_opened": "A payment to {title} is disputed: evidence needed",
    "dispute_closed": "The dispute of a payment to {title} is {outcome}",
    "payout_requested": "{title} asks for a tranche",
    "payout_released": "A tranche of {title} is released",
    "payout_paid": "{amount} of {title} is on its way to you",
    "payout_rejected": "A tranche of {title} was sent back to you",
}
NOTICE_BODIES = {
    "dispute_opened": "A backer's bank took back {amount} that was paid to {title}, as {reason}. Until {due} you can "
    "hand in evidence that the payment was right: {link}",
    "dispute_closed": "The bank decided: {outcome}. It was about {amount} for {title}: {link}",
    "payout_requested": "{title} shows evidence for the milestone {milestone}. Look at it and release or send it back: "
    "{link}",
    "payout_released": "{amount} for the milestone {milestone} of {title} is released and being sent: {link}",
    "payout_paid": "{amount} for {title} was sent to your account at the payment provider. How it was computed: {link}",
    "payout_rejected": "The tranche for the milestone {milestone} of {title} was not released: {reason} Show what is "
    "missing and ask again: {link}",
}
