"""The migrations that make a new database at once say what those that they replace say one by one."""

from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader


def test_tables_made_together_are_those_made_one_by_one():
    at_once, each = MigrationLoader(None), MigrationLoader(None, replace_migrations=False)
    ours = {"projects", "payments", "compute_pledges"}
    replacing = {key for key, found in at_once.graph.nodes.items() if key[0] in ours and found and found.replaces}
    assert {app for app, _name in replacing} == ours
    one_by_one = [key for key in each.graph.leaf_nodes() if key not in replacing]
    states = at_once.project_state(), each.project_state(one_by_one)
    for before, after in (states, states[::-1]):
        changes = MigrationAutodetector(before, after).changes(graph=at_once.graph)
        assert not {app: [str(one) for one in found[0].operations] for app, found in changes.items()}
