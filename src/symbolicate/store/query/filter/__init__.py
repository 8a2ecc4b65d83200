"""The filter language: `market eq 'US' and (deviceType eq 'PC' or deviceType eq 'Tablet')`.

By the rules of OData: `not` binds tightest, then `and`, then `or`; parentheses; keywords and field names in any case; a
quote within a value is written twice.
"""

from __future__ import annotations

from symbolicate.store.query.filter.parse import LONGEST, MOST_COMPARISONS, MOST_NESTED, FilterError, parse
from symbolicate.store.query.filter.syntax import And, Comparison, Node, Not, Or, fields_of

__all__ = [
    "LONGEST",
    "MOST_COMPARISONS",
    "MOST_NESTED",
    "And",
    "Comparison",
    "FilterError",
    "Node",
    "Not",
    "Or",
    "fields_of",
    "parse",
]
