"""What people may do: the first grant of the settings that a person's claims match."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from symbolicate.service.config import Grant

__all__ = ["matching", "name_of"]

_NAME_LENGTH = 100


def matching(claims: Mapping[str, Any], grants: Sequence[Grant]) -> int | None:
    """The number of the first grant that claims match; None for no grant, and then nothing may be read."""
    for number, grant in enumerate(grants):
        if grant.email_domain:
            if _domain(claims) == grant.email_domain.lower():
                return number
        elif grant.value in _values(claims, grant.claim):
            return number
    return None


def name_of(claims: Mapping[str, Any]) -> str:
    """How pages call a person."""
    for claim in ("preferred_username", "email", "name", "sub"):
        found = claims.get(claim)
        if isinstance(found, str) and found.strip():
            return found.strip()[:_NAME_LENGTH]
    return "?"


def _domain(claims: Mapping[str, Any]) -> str | None:
    """The domain of a person's address, if the provider states that it is theirs."""
    address, verified = claims.get("email"), claims.get("email_verified")
    is_verified = verified is True or verified == "true"
    return address.rpartition("@")[2].lower() if is_verified and isinstance(address, str) and "@" in address else None


def _values(claims: Mapping[str, Any], name: str) -> list[Any]:
    """The values of a claim: a text is one value. A name with dots also leads into objects, as `realm_access.roles`."""
    found: Any = claims.get(name)
    if found is None and "." in name:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, list) else [found] if isinstance(found, str) else []
