"""Sign-in with an identity provider: OpenID Connect's authorization code flow with PKCE."""

from symbolicate.service.access.oidc.asking import ProviderError
from symbolicate.service.access.oidc.sign_in import Person, SignIn

__all__ = ["Person", "ProviderError", "SignIn"]
