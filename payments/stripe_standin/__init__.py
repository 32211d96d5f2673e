"""A loopback process that answers as Stripe does, for the demo and for tests.

It speaks API version 2026-05-27.dahlia to the unchanged `stripe` library and serves a stand-in of Stripe.js. It keeps
its data in one SQLite file, so a restart loses nothing. It imports no Django and never sees real money: it refuses to
start beside live keys or in production.

Invariants: a PaymentIntent succeeds at most once; the sum of refunds never passes the charge; the same idempotency key
gives the same answer; card numbers are never written, only their last four digits.
"""

API_VERSION = "2026-05-27.dahlia"
