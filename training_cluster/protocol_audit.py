"""Thresholds of an audit, the same for auditors, the platform and the experiment that measures them.

Measured by `make calibrate-audits`, recorded in docs/decisions/0027-audit-thresholds.md. Standard library only.
"""

# Distance of the uploaded update from the replay, relative to the replay's norm.
ACCEPT_RELATIVE_L2 = 0.008
REJECT_RELATIVE_L2 = 0.015
# The same within one segment, relative to what the segment moved.
ACCEPT_SEGMENT_L2 = 0.008
REJECT_SEGMENT_L2 = 0.03
# Losses of single steps; a loss that was never computed is guessed further off.
ACCEPT_LOSS_DIFFERENCE = 0.02
# Two updates of a round whose directions are closer than this are both replayed.
ALIKE_COSINE = 0.98
