"""The processes of a demo: begun, waited for, watched, and ended together, however the demo ends."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import ExitStack

import click

from registry.errors import ConfigurationError
from registry.settings import Settings

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def start(processes: ExitStack, settings: Settings, command: list[str]) -> subprocess.Popen[bytes]:
    """Start a process of the demo in a session of its own; it is ended when the demo ends, however that is."""
    environment = {
        **os.environ,
        "CASA_DATA_DIR": str(settings.data_dir.absolute()),
        "CASA_PUBLIC_URL": settings.public_url,
        "CASA_OUTBOUND_ALLOW": settings.outbound_allow,
        "CASA_LOG_LEVEL": settings.log_level,
    }
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )
    processes.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    # A second Ctrl-C must not leave a process behind by breaking off the first one's work.
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def stop_on_signals() -> None:
    """Let Ctrl-C, a hangup and a wish to end stop the demo the same way."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    for number in SIGNALS:
        signal.signal(number, stop)


def wait_for(url: str, process: subprocess.Popen[bytes], what: str) -> None:
    """Until the address answers. Raises ConfigurationError where the process ends or half a minute passes."""
    for _ in range(300):
        if process.poll() is not None:
            raise ConfigurationError(f"{what} stopped at its start (exit {process.returncode}); see the lines above.")
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  (our own process on this machine)
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise ConfigurationError(f"{what} did not answer at {url} within 30 seconds.")


def watch(running: dict[str, subprocess.Popen[bytes]]) -> None:
    """Until Ctrl-C, or until one of the processes ends by itself."""
    try:
        while True:
            for name, process in running.items():
                if process.poll() is not None:
                    raise ConfigurationError(
                        f"The demo's {name} process ended (exit {process.returncode}); the demo stops."
                    )
            time.sleep(0.5)
    except KeyboardInterrupt:
        click.echo("\nStopping …")
