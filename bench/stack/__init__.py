"""What every drill shares: a stack of its own with databases, site and workers, and a way out that leaves nothing."""
