"""What `projects` tells upward. Receivers only queue work after commit; sweeps find what a lost message left."""

from django.dispatch import Signal

project_closed = Signal()  # project_id: int, state: str
# Unlike the others inside the transaction of what happened; receivers only write rows.
something_happened = Signal()  # happening: projects.happenings.Happening
