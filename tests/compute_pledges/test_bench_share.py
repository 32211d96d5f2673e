"""The measured share of audits follows the platform's own draw."""

from bench.audit_share import shares


def test_new_machines_are_replayed_whole_and_known_ones_seldom():
    assert shares(blocks=10, machines=3) == {"audited_percent": 100.0}
    found = shares(blocks=2000, machines=3)
    assert 2 < found["steady_percent"] < found["audited_percent"] < 8
