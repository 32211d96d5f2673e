"""Machines that money pays for: marked, invoiced, confirmed by an admin, shown from euro to checkpoint."""
