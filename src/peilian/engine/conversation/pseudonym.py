"""Pseudonyms of customers (假名): the same customer gets the same one, and only the holder of the key can link them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable


def pseudonymiser(key: bytes) -> Callable[[str], str]:
    """The function from a customer's id to a keyed pseudonym (HMAC-SHA256 cut to 96 bits: ``p_`` and 24 hex digits)."""
    keyed = hmac.new(key, digestmod=hashlib.sha256)

    def pseudonym(customer_id: str) -> str:
        mac = keyed.copy()
        mac.update(customer_id.encode("utf-8", "surrogatepass"))
        return "p_" + mac.hexdigest()[:24]

    return pseudonym
