"""How gunicorn's workers serve this registry: with threads, and without streams that keep them from stopping."""

from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from registry.api.following import following


class Worker(ThreadWorker):
    """gunicorn's threaded worker, which lets those go who stand waiting for changes once it is to stop."""

    def handle_exit(self, sig: int, frame: Any) -> None:
        """SIGTERM: end when what goes on is done."""
        following(self.wsgi).watch.close()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: Any) -> None:
        """SIGQUIT, which the master sends for Ctrl-C: end at once."""
        following(self.wsgi).watch.close()
        super().handle_quit(sig, frame)
