from payments.models.holds import Hold
from payments.models.ledger import LedgerDay, LedgerEntry, LedgerTransaction, SettledDay
from payments.models.payouts import Payout
from payments.models.pledges import (
    CashPledge,
    CashPledgeTransition,
    NoticeMail,
    Payment,
    PledgeAddOn,
    PledgeDay,
    PledgeMail,
    ReplacedCard,
)
from payments.models.provider import (
    BalanceRecord,
    PayoutRecipient,
    ProviderCustomer,
    ReconciliationDifference,
    WebhookEvent,
)
from payments.models.returns import Dispute, Refund
from payments.models.supports import MonthlySupport

__all__ = [
    "BalanceRecord",
    "CashPledge",
    "CashPledgeTransition",
    "Dispute",
    "Hold",
    "LedgerDay",
    "LedgerEntry",
    "LedgerTransaction",
    "MonthlySupport",
    "NoticeMail",
    "Payment",
    "Payout",
    "PayoutRecipient",
    "PledgeAddOn",
    "PledgeDay",
    "PledgeMail",
    "ProviderCustomer",
    "ReconciliationDifference",
    "Refund",
    "ReplacedCard",
    "SettledDay",
    "WebhookEvent",
]
