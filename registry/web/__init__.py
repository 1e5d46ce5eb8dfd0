"""Pages (Jinja), forms, static files, translations. Thin: the same services as the API."""

from registry.http import RegistryFlask


def install(app: RegistryFlask) -> None:
    """Register every page module."""
