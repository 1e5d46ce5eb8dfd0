"""This process, as leases name it."""

import os
import socket


def owner_name() -> str:
    """`host:pid`, cut to what a lease holds."""
    return f"{socket.gethostname()}:{os.getpid()}"[:80]
