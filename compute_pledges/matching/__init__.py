"""Pledged supply against what runs need: memory, hours, bandwidth; what is missing, and who could give it."""
