"""GPU time at scale: seeded by SQL, measured beside raw SQL of the same design."""
