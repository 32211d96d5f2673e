"""What the invariants' statements share."""

CHARGED = "('collected', 'disputed', 'lost', 'refunded')"
