"""A mail server on loopback over real sockets: keeps what it takes, and says what the test wants to each command."""

import socket
import ssl
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any


@dataclass
class Taken:
    """One message, as it came."""

    sender: str
    recipients: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class MailServer:
    """`with MailServer() as server:` … `server.port`. `answers`: command → what is said in place of the usual."""

    answers: dict[str, str] = field(default_factory=dict)
    features: tuple[str, ...] = ("8BITMIME",)
    hangs_up_at: str = ""
    """Command at which the connection is closed"""
    context: ssl.SSLContext | None = None
    """TLS from the first byte on"""
    taken: list[Taken] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """Commands, as they came"""
    connections: int = 0

    def __enter__(self) -> "MailServer":
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                connection.settimeout(10)
                try:
                    self._serve(self.context.wrap_socket(connection, server_side=True) if self.context else connection)
                except OSError:
                    continue

    def _serve(self, connection: Any) -> None:
        stream = connection.makefile("rwb")

        def say(text: str) -> None:
            stream.write(text.encode() + b"\r\n")
            stream.flush()

        say(self.answers.get("CONNECT", "220 test"))
        sender, recipients = "", []
        for line in stream:
            text = line.decode().strip()
            command = text.split(" ")[0].split(":")[0].upper()
            self.said.append(text)
            if command == self.hangs_up_at:
                return
            if command in self.answers:
                say(self.answers[command])
            elif command == "EHLO":
                say("\r\n".join([*(f"250-{feature}" for feature in ("test", *self.features)), "250 SIZE 1000000"]))
            elif command == "MAIL":
                sender, recipients = text.partition("<")[2].partition(">")[0], []
                say("250 ok")
            elif command == "RCPT":
                recipients.append(text.partition("<")[2].partition(">")[0])
                say("250 ok")
            elif command == "DATA":
                say("354 go on")
                raw = b"".join(iter(stream.readline, b".\r\n"))
                self.taken.append(Taken(sender, list(recipients), raw))
                say("250 taken")
            else:
                say({"QUIT": "221 bye", "AUTH": "235 welcome"}.get(command, "250 ok"))
            if command == "QUIT":
                return
