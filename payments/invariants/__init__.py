"""What must always hold of the money."""

from payments.invariants.books import BOOKS
from payments.invariants.people import PEOPLE
from payments.invariants.returns import RETURNS

INVARIANTS = (*BOOKS, *RETURNS, *PEOPLE)
__all__ = ["INVARIANTS"]
