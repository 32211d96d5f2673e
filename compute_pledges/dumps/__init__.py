"""Statistics for other sites, as BOINC projects have them: files written once a day, of what everyone may see."""
