"""What the mails about GPU time say. `{…}` are facts that were written with the mail's cause (`notices.facts`)."""

from django.utils.translation import gettext_lazy as _

from notices.kinds import Kind

# Mails that their readers may switch off. The others are the other half of a pledge.
NOTICE_KINDS = {
    "welcome_asked": Kind.GPU_PROJECT,
    "lock_reminder": Kind.GPU_REMINDER,
    "pair_reminder": Kind.GPU_REMINDER,
    "start_reminder": Kind.GPU_REMINDER,
    "shortfall": Kind.GPU_REMINDER,
    "shortfall_creator": Kind.GPU_PROJECT,
    "nothing_trains": Kind.GPU_PROJECT,
    "hours_wanted": Kind.GPU_HINT,
    "reward_missed": Kind.REWARD,
    "reward_revoked": Kind.REWARD,
    "invoice_decided": Kind.GPU_PROJECT,
    "rent_due": Kind.GPU_PROJECT,
    "rent_overdue": Kind.GPU_PROJECT,
    "rent_open": Kind.PROJECT_CHANGED,
    "rent_met": Kind.PROJECT_CHANGED,
    "rent_broken": Kind.PROJECT_CHANGED,
    "rent_lapsed": Kind.PROJECT_CHANGED,
}

SUBJECTS = {
    "accepted": _("Your GPU pledge to {title} counts now"),
    "declined": _("{title} did not take your GPU pledge"),
    "welcome_asked": _("A GPU pledge to {title} waits for you"),
    "lock_reminder": _("Your GPU pledge to {title} locks soon"),
    "pair_reminder": _("Your GPU pledge to {title} does not count yet"),
    "start_reminder": _("{title} is training: your machine is awaited"),
    "shortfall": _("Your machine is behind what it promised {title}"),
    "shortfall_creator": _("{title} is behind its promised GPU time"),
    "nothing_trains": _("{title} has promised GPU time and no run that trains"),
    "hours_wanted": _("{title} lacks GPU time that your machine could give"),
    "ended": _("Your GPU pledge to {title} has ended"),
    "ended_rolling": _("Your GPU pledge to {title} has ended"),
    "rolled_over": _("Your hours go on with {title}"),
    "reward_missed": _("Your GPU pledge to {title} goes on without its reward"),
    "reward_revoked": _("Your reward from {title} is taken back"),
    "invoice_decided": _("An invoice of {title} was looked at"),
    "rent_due": _("{title} owes its backers rented machines"),
    "rent_overdue": _("{title} still owes its backers rented machines"),
    "rent_open": _("{title} is to rent machines for hours that stay away"),
    "rent_met": _("The hours that {title} had to rent are there"),
    "rent_broken": _("{title} did not rent what it promised"),
    "rent_lapsed": _("{title} rents no more machines: it has ended"),
    "quarantined": _("{machine} gets no work for now"),
    "appeal_decided": _("Your appeal for {machine} is {decision}"),
}
BODIES = {
    "accepted": _(
        "{hours} of your machine are promised to {title} and count towards its goal as "
        "far as the machine can deliver them on its schedule. The pledge's page says how "
        "much counts and why. You can withdraw until 48 hours before the deadline."
    ),
    "declined": _("The creator of {title} did not take your pledge of {hours}: {reason} Your hours are free again."),
    "welcome_asked": _("{backer} offers {hours} of {model} to {title}. Accept it, or decline it with a reason."),
    "lock_reminder": _(
        "Your pledge of {hours} to {title} locks on {locks}, 48 hours before the "
        "deadline. Until then you can change its hours, give it another machine or "
        "withdraw it; afterwards the project counts on it."
    ),
    "pair_reminder": _(
        "You offered {hours} to {title}. They count only once a machine is paired "
        "and measured, and the deadline is {deadline}. Pairing takes one command "
        "and a code."
    ),
    "start_reminder": _(
        "{title} has a run that is training, and none of the {hours} you promised "
        "has arrived yet. Start the agent on your machine, or withdraw if you "
        "cannot give the hours: others are asked then."
    ),
    "shortfall": _(
        "By now {promised} of your {hours} for {title} were due; {verified} are "
        "verified. If the machine cannot make up for it, say so by withdrawing: the "
        "missing hours are offered to others."
    ),
    "shortfall_creator": _(
        "{title} will lack about {missing} H100-equivalent of its compute "
        "minimum at the present pace: {verified} are verified and {deliverable} "
        "can still be delivered. The missing hours are offered to other "
        "volunteers on the project's page."
    ),
    "nothing_trains": _(
        "No run of {title} is training, so the machines that back it stand still. "
        "{lacking} H100-equivalent of its compute minimum are not verified yet, "
        "and the schedules still leave {deliverable} before {ends}. Start a run or "
        "let a paused one go on; nobody's record suffers while none runs."
    ),
    "hours_wanted": _(
        "{title} lacks about {missing} H100-equivalent before {ends}. Your machine "
        "{machine} fits the run and has free hours. You are asked once for this."
    ),
    "ended": _(
        "{reason} Of your {hours} for {title}, {verified} are verified and stay credited to "
        "you. {left} were not used: they are yours again, or you let them go on with "
        "another project."
    ),
    "ended_rolling": _(
        "{reason} Of your {hours} for {title}, {verified} are verified and stay "
        "credited to you. As you chose, the {left} that were not used are offered "
        "to the project that lacks them most; you are told where they go, and can "
        "choose another project first."
    ),
    "rolled_over": _(
        "As you chose, the {hours} that were left of an ended pledge are offered to "
        "{title}. Withdraw the new pledge if you would rather keep them."
    ),
    "reward_missed": _(
        "The reward {reward} of {title} is not reserved for you: {why}. Your pledge "
        "of {hours} stands without it; you can withdraw it until 48 hours before "
        "the deadline."
    ),
    "reward_revoked": _(
        "Work for {title} was taken back after a failed check, and your settled "
        "time no longer reaches the reward {reward}. The pledge's page shows which "
        "blocks, and how to appeal."
    ),
    "invoice_decided": _("The invoice {invoice} of {title} is {state}: {reason}"),
    "rent_due": _(
        "By the plan that your backers saw at the launch, rented machines make up for "
        "hours that stay away. At the present pace {owed} H100-equivalent are owed so. "
        "Rent machines and mark them, the first by {begin}; all of it is to be verified "
        "by {due}. {budget} of the budget is on no invoice yet. Your backers are told, "
        "and are told how it ends."
    ),
    "rent_overdue": _(
        "The first rented machine was to be at work by {begin}, and none is. {owed} "
        "H100-equivalent are owed and are to be verified by {due}; {budget} of the "
        "budget is left. Admins see that it is late."
    ),
    "rent_open": _(
        "Promised GPU time of {title} stays away. By the plan of its launch its creator "
        "now rents machines for {owed} H100-equivalent, the first by {begin}, all "
        "verified by {due}; at most {budget} of the money goes into it. The public page "
        "shows invoices and verified hours side by side."
    ),
    "rent_met": _(
        "Nothing more is to be rented: of the {first} H100-equivalent that {title} "
        "lacked, rented machines or volunteers delivered what its plan had promised. The "
        "public page shows which."
    ),
    "rent_broken": _(
        "Training had to end, and of the {first} H100-equivalent that {title} was to "
        "rent {owed} did not come. That is shown on its public page."
    ),
    "rent_lapsed": _(
        "{title} has ended before the {first} H100-equivalent that it was to rent "
        "were due. What becomes of your pledge stands on its page."
    ),
    "quarantined": _(
        "{machine} is in quarantine: {reason} What it did since its last passed check "
        "does not count for now, and every block of your other machines is computed "
        "again until ten in a row are valid. Its page shows the blocks, and has a "
        "form to appeal: the work is then computed anew and a person decides."
    ),
    "appeal_decided": _("Your appeal for {machine} is {decision}: {answer} Given back: {blocks}."),
}
ACTIONS = {
    "accepted": _("See what counts"),
    "welcome_asked": _("Decide"),
    "pair_reminder": _("Pair a machine"),
    "hours_wanted": _("Take over hours"),
    "ended": _("Choose what happens with the rest"),
    "shortfall": _("See your pledge"),
    "shortfall_creator": _("See supply and demand"),
    "nothing_trains": _("See supply and demand"),
    "rent_due": _("See what is to be done"),
    "rent_overdue": _("See what is to be done"),
    "rent_open": _("Follow it"),
    "rent_met": _("See which hours"),
    "rent_broken": _("See what came"),
    "quarantined": _("See the blocks, or appeal"),
    "appeal_decided": _("See the machine"),
}
