"""The one interface to Stripe, real or stand-in. Base address, keys and the script's address are settings."""

from payments.provider.calls import TIMEOUT_SECONDS, Object, client
from payments.provider.events import follow_clock, read_event, undelivered_events
from payments.provider.intents import (
    cancel_payment_intent,
    confirm_off_session,
    create_customer,
    create_payment_intent,
    create_setup_intent,
    delete_customer,
    detach_card,
    retrieve_payment_intent,
    retrieve_setup_intent,
)
from payments.provider.money import (
    balance_transactions,
    create_transfer,
    refund,
    refunds_of,
    retrieve_balance_transaction,
    retrieve_dispute,
    retrieve_refund,
    send_evidence,
    transfers_of,
)
from payments.provider.recipients import can_receive_transfers, create_recipient, onboarding_link

__all__ = [
    "TIMEOUT_SECONDS",
    "Object",
    "balance_transactions",
    "can_receive_transfers",
    "cancel_payment_intent",
    "client",
    "confirm_off_session",
    "create_customer",
    "create_payment_intent",
    "create_recipient",
    "create_setup_intent",
    "create_transfer",
    "delete_customer",
    "detach_card",
    "follow_clock",
    "onboarding_link",
    "read_event",
    "refund",
    "refunds_of",
    "retrieve_balance_transaction",
    "retrieve_dispute",
    "retrieve_payment_intent",
    "retrieve_refund",
    "retrieve_setup_intent",
    "send_evidence",
    "transfers_of",
    "undelivered_events",
]
