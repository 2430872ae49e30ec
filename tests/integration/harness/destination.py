"""An HTTP server that takes events, and fails in every way in turn.

What counts as accepted is decided as a client would: an entry goes into the ledger when the whole answer, with a status of
success, has been handed to the client's connection. A request that was cut, or answered with anything else, leaves no trace
there, whatever the server has read of it.
"""
import collections
import random
import socket
import struct
import threading
import time
import zlib

HEAD_BYTES_MAX = 64 * 1024
MODEM_BYTES_PER_SECOND = 40_000  # a fast modem: bodies are small here, and must get through within the client's timeout
LATE_SECONDS = 0.8               # an answer after that may find that the client has given up
TOO_LARGE_ENTRIES = 8            # what `413` takes at most


class Gone(Exception):
    """The client closed or cut its connection."""


def decode(body, encoding):
    """The body as it was before compression. Raises zlib.error or ValueError."""
    if encoding in ("", "identity", "none"):
        return body
    if encoding == "gzip":
        return _inflate(body, 31)
    if encoding in ("deflate", "zlib"):
        return _inflate(body, 15)
    raise ValueError(f"unexpected Content-Encoding {encoding!r}")


def _inflate(body, window_bits):
    """All members; the last one must be whole."""
    plain = b""
    while body:
        member = zlib.decompressobj(window_bits)
        plain += member.decompress(body) + member.flush()
        if not member.eof:
            raise ValueError("the compressed body ends too early")
        body = member.unused_data
    return plain


def split_lines(plain):
    """The entries of an NDJSON body; the last one must be ended too."""
    entries = plain.split(b"\n")
    if entries.pop() != b"":
        raise ValueError(f"the last line is not ended: {plain[-100:]!r}")
    return entries


class Connection:
    """One client, read and answered on a thread of its own."""

    def __init__(self, stream, life):
        self.stream, self.life = stream, life
        self._pending = b""

    def receive(self):
        try:
            data = self.stream.recv(64 * 1024)
        except OSError:
            raise Gone from None
        if not data:
            raise Gone
        return data

    def read_until(self, mark):
        while mark not in self._pending:
            if len(self._pending) > HEAD_BYTES_MAX:
                raise Gone
            self._pending += self.receive()
        found, _, self._pending = self._pending.partition(mark)
        return found

    def read(self, size, bytes_per_second=0):
        """Up to the rate, in small pieces, when there is one."""
        while len(self._pending) < size:
            if bytes_per_second:
                time.sleep(0.02)
                self._pending += self.stream.recv(max(1, bytes_per_second // 50)) or self._closed()
            else:
                self._pending += self.receive()
        found, self._pending = self._pending[:size], self._pending[size:]
        return found

    def send(self, data):
        try:
            self.stream.sendall(data)
        except OSError:
            raise Gone from None

    def is_gone(self):
        """Whether the client has closed or cut it already."""
        try:
            return self.stream.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def cut(self):
        """Ends it with a reset, as a crashed server or a middlebox does. From any thread: the connection's own closes it."""
        try:
            self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.stream.shutdown(socket.SHUT_RD)
        except OSError:
            pass

    @staticmethod
    def _closed():
        raise Gone


class Request:
    """A request whose head has been read; the body only when somebody asks for it."""

    def __init__(self, connection, head):
        self.connection = connection
        self.started = time.monotonic()
        self.line, *fields = head.decode("latin-1").split("\r\n")
        self.headers = {name.strip().lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        self.size = int(self.headers.get("content-length", "0"))
        if self.headers.get("expect", "").lower() == "100-continue":
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def body(self, bytes_per_second=0):
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunks()
        return self.connection.read(self.size, bytes_per_second)

    def _chunks(self):
        body = b""
        while size := int(self.connection.read_until(b"\r\n").split(b";")[0], 16):
            body += self.connection.read(size)
            self.connection.read_until(b"\r\n")
        self.connection.read_until(b"\r\n")
        return body


def answer(status, reason, *headers, body=b""):
    head = [f"HTTP/1.1 {status} {reason}", f"Content-Length: {len(body)}", "Content-Type: text/plain", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


class Destination:
    """Listens on a free port of the loopback from start() to stop().

    What it does is a name of BEHAVIOURS; `fail_in_turn` goes through the faults, which are all but "ok", again and again.
    """

    OK = answer(200, "OK", body=b"accepted, every one of them\n")
    BEHAVIOURS = {}  # name -> how it treats one request; filled below

    def __init__(self, ledger, seed=1, split=split_lines):
        self.ledger, self.split = ledger, split
        self.met = collections.Counter()       # requests by the behaviour they met
        self.requests = []                     # (line, headers) of accepted requests, the last ones
        self._random = random.Random(seed)
        self._changed = threading.Condition()  # guards behaviour, met, connections
        self._behaviour = "ok"
        self._connections = set()
        self._stopped = threading.Event()
        self._threads = []
        self._listener = self._listen(0)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/ingest"

    def start(self):
        self._run(self._accept_connections)
        return self

    @classmethod
    def faults(cls):
        return [name for name in cls.BEHAVIOURS if name != "ok"]

    def sink(self, options):
        """The text of a sink that sends here."""
        return f'p.sink.http {{ url = "{self.url}", {options} }}'

    def look(self):
        """What arrived is in the ledger: it is at once, here."""

    def stop(self):
        self._stopped.set()
        self._close_listener()
        self._cut_connections()
        for thread in self._threads:
            thread.join()

    def behave(self, name):
        """From the next request on. `refuse` cuts what is connected, too."""
        with self._changed:
            if self._behaviour == name:
                return
            was, self._behaviour = self._behaviour, name
            self._changed.notify_all()
        if name == "refuse":
            self._close_listener()
            self._cut_connections()
        elif was == "refuse":
            self._listener = self._listen(self.port)

    def fail_in_turn(self, faults=None, requests_each=2, ok_requests=6, seconds_max=0.7):
        """Until behave_well(): each fault for some requests or some time, good behaviour between them."""
        self._turning = threading.Event()
        self._run(lambda: self._turn(list(faults or self.faults()), requests_each, ok_requests, seconds_max))

    def behave_well(self):
        self._turning.set()
        self.behave("ok")

    def _turn(self, faults, requests_each, ok_requests, seconds_max):
        while not self._over():
            self._random.shuffle(faults)
            for fault in faults:
                for behaviour, requests in ((fault, requests_each), ("ok", ok_requests)):
                    if self._over():
                        return
                    self.behave(behaviour)
                    self._wait_met(behaviour, requests, seconds_max)
        self.behave("ok")

    def _over(self):
        return self._turning.is_set() or self._stopped.is_set()

    def _wait_met(self, behaviour, requests, seconds_max):
        with self._changed:
            enough = self.met[behaviour] + requests
            self._changed.wait_for(lambda: self.met[behaviour] >= enough or self._over(), seconds_max)
            if behaviour == "refuse":
                self.met["refuse"] += 1  # nobody sees a refused connection: each turn counts for one

    def _run(self, work):
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    @staticmethod
    def _listen(port):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
        return listener

    def _close_listener(self):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()

    def _cut_connections(self):
        with self._changed:
            for connection in self._connections:
                connection.cut()

    def _accept_connections(self):
        while not self._stopped.is_set():
            try:
                stream, _ = self._listener.accept()
            except OSError:  # closed: refusing, or over
                with self._changed:
                    self._changed.wait_for(lambda: self._behaviour != "refuse" or self._stopped.is_set(), 0.05)
                continue
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(stream, self.ledger.life)
            with self._changed:
                self._connections.add(connection)
            self._run(lambda connection=connection: self._serve(connection))

    def _serve(self, connection):
        try:
            while True:
                request = Request(connection, connection.read_until(b"\r\n\r\n"))
                with self._changed:
                    behaviour = self._behaviour
                    self.met[behaviour] += 1
                    self._changed.notify_all()
                self.BEHAVIOURS[behaviour](self, request)
        except (Gone, OSError):
            pass
        finally:
            connection.stream.close()
            with self._changed:
                self._connections.discard(connection)

    def entries(self, request, body):
        """Of a body; what cannot be taken apart is torn."""
        try:
            return self.split(decode(body, request.headers.get("content-encoding", "").lower()))
        except (ValueError, zlib.error) as what:
            self.ledger.torn.append(f"{request.line} {request.headers}: {what}: {body[:200]!r}")
            return []

    def accept(self, request, body, slowly=False):
        entries = self.entries(request, body)
        if request.connection.is_gone():
            raise Gone
        if slowly:
            for i in range(len(self.OK)):
                request.connection.send(self.OK[i : i + 1])
        else:
            request.connection.send(self.OK)
        self.requests = self.requests[-99:] + [(request.line, request.headers)]
        self.ledger.record(entries, request.connection.life, doubtful=time.monotonic() - request.started > LATE_SECONDS)

    def chance(self, low, high):
        with self._changed:
            return self._random.uniform(low, high)

    def wait_until_not(self, behaviour, connection):
        """For as long as it behaves so and the client is there."""
        with self._changed:
            while self._behaviour == behaviour and not self._stopped.is_set() and not connection.is_gone():
                self._changed.wait(0.05)


# How each behaviour treats one request. A connection that must not be used again ends by Gone.

def _ok(destination, request):
    destination.accept(request, request.body())


def _refuse(destination, request):  # a connection that was made in time
    request.connection.cut()
    raise Gone


def _hang(destination, request):
    request.body()
    destination.wait_until_not("hang", request.connection)
    raise Gone


def _cut_body(destination, request):
    request.connection.read(request.size // 2)
    request.connection.cut()
    raise Gone


def _cut_answer(destination, request):
    request.body()
    request.connection.send(destination.OK[: int(len(destination.OK) * destination.chance(0.1, 0.95))])
    request.connection.cut()
    raise Gone


def _slow(destination, request):
    destination.accept(request, request.body(MODEM_BYTES_PER_SECOND), slowly=True)


def _too_large(destination, request):
    """Takes small packages only, so that halving gets everything through."""
    body = request.body()
    if len(destination.entries(request, body)) <= TOO_LARGE_ENTRIES:
        destination.accept(request, body)
    else:
        request.connection.send(answer(413, "Content Too Large"))


def _answering(*parts):
    def answers(destination, request):
        request.body()
        request.connection.send(answer(*parts))

    return answers


Destination.BEHAVIOURS = {
    "ok": _ok,
    "refuse": _refuse,
    "hang": _hang,
    "500": _answering(500, "Internal Server Error"),
    "503": _answering(503, "Service Unavailable"),
    "429": _answering(429, "Too Many Requests", "Retry-After: 0"),
    "413": _too_large,
    "401": _answering(401, "Unauthorized"),
    "cut body": _cut_body,
    "cut answer": _cut_answer,
    "slow": _slow,
}
