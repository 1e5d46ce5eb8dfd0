"""JSON API v1 (flask-smorest). Thin: ask the policy, call one service, dump. The request's transaction is http's."""

from registry.http import RegistryFlask


def install(app: RegistryFlask) -> None:
    """Register every API module."""
