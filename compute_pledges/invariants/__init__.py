"""What must always hold of GPU time."""

from compute_pledges.invariants.journal import JOURNAL
from compute_pledges.invariants.promises import PROMISES
from compute_pledges.invariants.rewards import REWARDS
from compute_pledges.invariants.work import WORK

INVARIANTS = (*JOURNAL, *WORK, *PROMISES, *REWARDS)
__all__ = ["INVARIANTS"]
