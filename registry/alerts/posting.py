"""Talks to the operator's mail server: one connection for several messages, bounded in time, secrets never said."""

import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from email.message import EmailMessage
from types import TracebackType

from registry.alerts.mails import Outcome
from registry.alerts.models import FAILED, SENT, WAITING
from registry.settings import Settings

STEP_SECONDS = 15.0
"""One answer of the server"""
WHOLE_SECONDS = 120.0
"""All that is said over one connection: then it is cut, whatever drips."""


class Unreachable(Exception):
    """There is no talking to the server at the moment: what waits need not be tried."""

    def __init__(self, reason: str, error: BaseException) -> None:
        super().__init__(reason)
        self.outcome = Outcome(WAITING, reason, said(error))


class Postman:
    """One connection, made at once: raises Unreachable."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cut: threading.Timer
        try:
            self._smtp = self._connect()
        except smtplib.SMTPAuthenticationError as error:
            raise Unreachable("login", error) from None
        except (ssl.SSLError, smtplib.SMTPNotSupportedError) as error:
            raise Unreachable("tls", error) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable("connection", error) from None

    def __enter__(self) -> "Postman":
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        with suppress(OSError, smtplib.SMTPException):  # what was to be said is said: leaving is a courtesy
            self._smtp.quit()
        self._cut.cancel()
        self._smtp.close()

    def send(self, message: EmailMessage, sender: str, recipient: str) -> Outcome:
        """Hand one message over. Raises Unreachable where the connection is no longer good."""
        try:
            self._smtp.send_message(message, sender, [recipient])
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            return _refused(code, text)
        except smtplib.SMTPDataError as error:
            return _refused(error.smtp_code, error.smtp_error)
        except smtplib.SMTPSenderRefused as error:
            return Outcome(WAITING, "sender", _printable(error.smtp_error))
        except (smtplib.SMTPNotSupportedError, UnicodeError) as error:  # an address beyond ASCII, an old server
            return Outcome(FAILED, "address", said(error))
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable("connection", error) from None
        return Outcome(SENT)

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        where = (settings.smtp_host, settings.smtp_port)
        if settings.smtp_security == "tls":
            context = ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=STEP_SECONDS, context=context)
        else:
            smtp = smtplib.SMTP(*where, timeout=STEP_SECONDS)
        self._cut = threading.Timer(WHOLE_SECONDS, _shut, [smtp])
        self._cut.daemon = True
        self._cut.start()
        try:
            if settings.smtp_security == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            if settings.smtp_user:
                smtp.login(settings.smtp_user, settings.smtp_password)
        except BaseException:
            self._cut.cancel()
            smtp.close()
            raise
        return smtp


def _shut(smtp: smtplib.SMTP) -> None:
    if smtp.sock is not None:
        smtp.sock.shutdown(socket.SHUT_RDWR)


def _refused(code: int, text: bytes | str) -> Outcome:
    return Outcome(FAILED, "refused", _printable(text)) if code >= 500 else Outcome(WAITING, "busy", _printable(text))


def said(error: BaseException) -> str:
    """What went wrong: of the server's answers only the text, never what was sent to it."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_printable(error.smtp_error)}"
    return _printable(f"{type(error).__name__}: {error}")


def _printable(text: bytes | str) -> str:
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return "".join(c if c.isprintable() else " " for c in plain)[:500]
