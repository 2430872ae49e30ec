"""Who writes numbered events, each on a thread of its own, and keeps book of what was accepted."""
import gzip
import http.client
import os
import random
import socket
import threading

from harness import events


class Sender:
    """Works from start() to stop() or finish(); a failure in its thread comes out there."""

    def __init__(self, name, seed):
        self.name = name
        self.random = random.Random(f"{seed} {name}")  # a text: the same in every process
        self.accepted = []  # (sender, number), in order: what must arrive
        self._stopped = threading.Event()
        self._failure = None
        self._thread = threading.Thread(target=self._guarded, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def stop(self, within=60):
        """No new events; what is begun is brought to its end."""
        self._stopped.set()
        self._thread.join(within)
        if self._failure:
            raise self._failure
        if self._thread.is_alive():
            raise TimeoutError(f"sender {self.name} did not come to its end within {within} s")

    def pause(self, seconds):
        """-> whether to go on; ends early when stopped. This is the sender's pace, nothing waits for it."""
        return not self._stopped.wait(seconds)

    def _guarded(self):
        try:
            self.work()
        except Exception as failure:  # told by stop()
            self._failure = failure

    def work(self):
        raise NotImplementedError


class FileWriter(Sender):
    """Appends lines to a file, some of them in two writes. Accepted: every line that is ended."""

    def __init__(self, path, name="file", seed=1, events_per_second=3000):
        super().__init__(name, seed)
        self.path, self.rate = path, events_per_second
        self._number = 0

    def work(self):
        with open(self.path, "ab", buffering=0) as file:
            while self.write_some(file):
                pass

    def write_some(self, file):
        count = self.random.randint(1, 60)
        text = events.lines(self.name, range(self._number + 1, self._number + count + 1))
        cut = self.random.randrange(len(text)) if self.random.random() < 0.2 else len(text)
        file.write(text[:cut])
        if cut != len(text):
            self._stopped.wait(self.random.uniform(0, 0.05))
            file.write(text[cut:])
        self.accepted += [(self.name, n) for n in range(self._number + 1, self._number + count + 1)]
        self._number += count
        return self.pause(count / self.rate)


class RotatingWriter(FileWriter):
    """Rotates its file now and then, as log rotation does.

    style "rename": to a name with a number, and a new file under the old name. "copy": copied there, then truncated, in one
    breath and without waiting for a reader, so that events which nobody has read are lost from the file, though not from
    its copy.
    """

    def __init__(self, path, style, name="file", seed=1, events_per_second=3000, rotations_per_second=2.0):
        super().__init__(path, name, seed, events_per_second)
        self.style, self.interval = style, 1 / rotations_per_second
        self.rotations = 0

    def work(self):
        file = open(self.path, "ab", buffering=0)
        try:
            while True:
                for _ in range(self.random.randint(3, max(4, int(2 * self.interval * self.rate / 30)))):
                    if not self.write_some(file):
                        return
                file = self.rotate(file)
        finally:
            file.close()

    def rotate(self, file):
        self.rotations += 1
        rotated = f"{self.path}.{self.rotations}"
        if self.style == "rename":
            os.rename(self.path, rotated)
            if self.random.random() < 0.5:  # the writer may hold on to the old file for a while, as daemons do
                self.write_some(file)
            file.close()
            return open(self.path, "ab", buffering=0)
        with open(self.path, "rb") as old, open(rotated + ".part", "wb") as copy:
            copy.write(old.read())
        os.rename(rotated + ".part", rotated)
        file.truncate(0)
        return file


class HttpSender(Sender):
    """Posts batches to `p.source.http`, each again and again until it is answered with a status of success.

    What may have arrived without our knowing is `unanswered`: events of tries that ended without an answer; each can make
    that many duplicates. `refused`: tries that were answered with another status.
    """

    def __init__(self, port, path="/", name="http", seed=1, batch_events=20, seconds_between=0.01, headers=None):
        super().__init__(name, seed)
        self.port, self.path, self.batch_events, self.seconds_between = port, path, batch_events, seconds_between
        self.headers = headers or {}
        self.unanswered, self.refused = 0, 0
        self.statuses = {}
        self.retry_after_seen = False
        self._connection = None

    def work(self):
        number = 0
        while self.pause(self.seconds_between):
            count = self.random.randint(1, self.batch_events)
            numbers = range(number + 1, number + count + 1)
            number += count
            if self.post(numbers):
                self.accepted += [(self.name, n) for n in numbers]

    def post(self, numbers):
        """-> False only when it was stopped for long and nobody answers."""
        body, headers = events.lines(self.name, numbers), {"Content-Type": "application/x-ndjson", **self.headers}
        if self.random.random() < 0.3:
            body, headers["Content-Encoding"] = gzip.compress(body, 1), "gzip"
        for _ in range(10_000):
            status = self._try(body, headers)
            if status is not None and 200 <= status < 300:
                return True
            if status is None:
                self.unanswered += len(numbers)
            else:
                self.refused += 1
            self._stopped.wait(0.02)
            if self._stopped.is_set():
                threading.Event().wait(0.02)  # stopped: wait() above returns at once
        return False

    def _try(self, body, headers):
        """-> the answer's status; None: no answer, or a part of one."""
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            self._connection.request("POST", self.path, body, headers)
            answer = self._connection.getresponse()
            answer.read()
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
            self.retry_after_seen |= answer.getheader("Retry-After") is not None
            if answer.will_close:
                self._close()
            return answer.status
        except (OSError, http.client.HTTPException):
            self._close()
            return None

    def _close(self):
        if self._connection is not None:
            self._connection.close()
        self._connection = None


class HoldingSender(Sender):
    """One that nobody tells "accepted", and that can be held still."""

    def __init__(self, name, seed, events_per_second):
        super().__init__(name, seed)
        self.rate = events_per_second
        self._idle, self._go_on = threading.Event(), threading.Event()
        self._go_on.set()

    def hold(self):
        """Sends nothing more until go_on(); what was sent is complete when is_idle()."""
        self._idle.clear()
        self._go_on.clear()

    def is_idle(self):
        return self._idle.is_set()

    def go_on(self):
        self._go_on.set()

    def held(self):
        """Called by the sender's thread between events: waits a little while it is held."""
        if self._go_on.is_set():
            return False
        self._idle.set()
        self._go_on.wait(0.05)
        return True


class StreamSender(HoldingSender):
    """Writes to a stream socket for as long as it stands, then connects again.

    Each connection is a sender of its own, `NAME-1`, `NAME-2`, ..., numbered from 1. `sent` says how many of its events were
    handed to the kernel in whole, `attempted` how many may have been.
    """

    def __init__(self, connect, frame, name="tcp", seed=1, events_per_second=2000):
        super().__init__(name, seed, events_per_second)
        self.connect, self.frame = connect, frame
        self.sent, self.attempted = {}, {}
        self._lives_first = 1

    def work(self):
        while self.pause(0.005):
            try:
                stream = self.connect()
            except OSError:
                self.held()
                continue
            connection = f"{self.name}-{len(self.sent) + 1}"
            self.sent[connection] = self.attempted[connection] = 0
            with stream:
                try:
                    self._write(stream, connection)
                except OSError:
                    pass  # killed, in the middle of something

    def _write(self, stream, connection):
        while not self._stopped.is_set():
            if self.held():
                continue
            count = self.random.randint(1, 40)
            first = self.sent[connection] + 1
            self.attempted[connection] += count
            stream.sendall(b"".join(self.frame(events.event(connection, n)) for n in range(first, first + count)))
            self.sent[connection] += count
            self.pause(count / self.rate)
        stream.shutdown(socket.SHUT_WR)

    def next_life(self):
        """The program is dead: connections from here on are to the next one."""
        self._lives_first = len(self.sent) + 1

    def keys_of_this_life(self):
        connections = [f"{self.name}-{i}" for i in range(self._lives_first, len(self.sent) + 1)]
        return [(connection, n) for connection in connections for n in range(1, self.sent[connection] + 1)]


class DatagramSender(HoldingSender):
    """One datagram an event, as NAME. Nobody knows which of them arrive."""

    def __init__(self, open_socket, frame, name="udp", seed=1, events_per_second=1000):
        super().__init__(name, seed, events_per_second)
        self.open_socket, self.frame = open_socket, frame
        self.attempted = {name: 0}
        self._socket = None

    def work(self):
        while not self._stopped.is_set():
            if self.held():
                continue
            count = self.random.randint(1, 10)
            self.send(count)
            self.pause(count / self.rate)
        self._close()

    def send(self, count):
        """-> their keys. Only while it is held, but for the sender's own thread."""
        keys = []
        for _ in range(count):
            self.attempted[self.name] += 1
            keys.append((self.name, self.attempted[self.name]))
            try:
                self._socket = self._socket or self.open_socket()
                self._socket.send(self.frame(events.event(*keys[-1])))
            except OSError:
                self._close()
        return keys

    def send_afresh(self, count):
        """On a new socket, which knows of no error before. Only while it is held."""
        self._close()
        return self.send(count)

    def _close(self):
        if self._socket:
            self._socket.close()
        self._socket = None


def tcp(port):
    return lambda: socket.create_connection(("127.0.0.1", port), timeout=20)


def unix(path):
    def connect():
        stream = socket.socket(socket.AF_UNIX)
        stream.settimeout(20)
        try:
            stream.connect(str(path))
        except OSError:
            stream.close()
            raise
        return stream

    return connect


def udp(port):
    return lambda: _datagrams(socket.AF_INET, ("127.0.0.1", port))


def unix_datagrams(path):
    return lambda: _datagrams(socket.AF_UNIX, str(path))


def _datagrams(family, address):
    datagrams = socket.socket(family, socket.SOCK_DGRAM)
    try:
        datagrams.connect(address)
    except OSError:
        datagrams.close()
        raise
    return datagrams


def line(event):
    return event + b"\n"


def rfc5424(event):
    return b"<134>1 2026-01-02T03:04:05.678Z host app 42 - - " + event


def syslog_line(event):
    """RFC 6587, non-transparent framing."""
    return rfc5424(event) + b"\n"


def syslog_counted(event):
    """RFC 6587, octet counting."""
    message = rfc5424(event)
    return b"%d " % len(message) + message
