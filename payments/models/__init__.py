from payments.models.ledger import LedgerEntry, LedgerTransaction
from payments.models.pledges import CashPledge, CashPledgeTransition, Payment, PledgeMail
from payments.models.provider import PayoutRecipient, ProviderCustomer, ReconciliationDifference, WebhookEvent

__all__ = [
    "CashPledge",
    "CashPledgeTransition",
    "LedgerEntry",
    "LedgerTransaction",
    "Payment",
    "PayoutRecipient",
    "PledgeMail",
    "ProviderCustomer",
    "ReconciliationDifference",
    "WebhookEvent",
]
