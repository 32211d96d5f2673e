"""Credit, teams, lists of who lent most, certificates and exports: what volunteers see of their own work."""
