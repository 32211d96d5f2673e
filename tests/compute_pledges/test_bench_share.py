"""The measured share of audits follows the platform's own draw."""

from bench.audit_share import share


def test_new_machines_are_replayed_whole_and_known_ones_seldom():
    assert share(blocks=10, machines=3) == 1.0
    assert 0.02 < share(blocks=2000, machines=3) < 0.08
