"""Real senders of syslog: logger, rsyslog, loggen. Nobody is killed here, so all that they send arrives, once."""
import json
import re
import socket

from harness import events, peers
from harness.ledger import Ledger
from harness.site import case

COUNT = 2000


class Receiver:
    """The program with a source, into out.ndjson."""

    def __init__(self, w, source, ready):
        self.w = w
        w.script(f'p.pipeline "in" {{ {source}, p.sink.file {{ path = "out.ndjson", linger = "20ms" }} }}')
        self.program = w.penstock("run", "script.lua", "--state", "state").start()
        w.waits_for(lambda: ready() or not self.program.is_running(), "the source to listen")
        self.program.lives_for(0)

    def entries(self):
        file = self.w.path / "out.ndjson"
        return file.read_bytes().splitlines() if file.exists() else []

    def ledger(self):
        ledger = Ledger()
        ledger.record(self.entries())
        return ledger

    def holds_exactly(self, keys):
        self.w.waits_for(lambda: len(self.entries()) >= len(keys), f"{len(keys)} events (there are {len(self.entries())})")
        self.program.stop().exits(0).balances("in")
        ledger = self.ledger()
        assert not ledger.torn, ledger.torn[:3]
        assert not ledger.missing(keys) and len(ledger) == len(keys) and ledger.duplicates() == 0


def connects(port):
    def ready():
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            return False

    return ready


def is_bound(port):
    """Whether somebody has the UDP port."""

    def ready():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return False
            except OSError:
                return True

    return ready


def over_syslog(w, options=""):
    port = w.free_port()
    return port, Receiver(w, f'p.source.syslog {{ listen = "127.0.0.1:{port}"{options} }}', connects(port))


def numbered_file(w, count=COUNT):
    w.write("numbered", events.lines("peer", range(1, count + 1)))
    return [("peer", n) for n in range(1, count + 1)]


LOGGER = {
    "over TCP, a line each": ("--tcp", "--rfc5424"),
    "over TCP, octet-counted": ("--tcp", "--octet-count", "--rfc5424"),
    "over TCP, as BSD did": ("--tcp", "--rfc3164"),
}


def logger_sends(arguments):
    def holds(w):
        logger = peers.needs("logger", "bsdutils")
        port, receiver = over_syslog(w)
        keys = numbered_file(w)
        w.call(logger, "--server", "127.0.0.1", "--port", port, *arguments, "--tag", "numbered", "--file", "numbered")
        receiver.holds_exactly(keys)

    return holds


for title, chosen in LOGGER.items():
    case(logger_sends(chosen), f"logger {title}")


@case
def logger_over_UDP(w):
    logger = peers.needs("logger", "bsdutils")
    port = w.free_port(socket.SOCK_DGRAM)
    receiver = Receiver(w, f'p.source.udp {{ listen = "127.0.0.1:{port}", format = "syslog" }}', is_bound(port))
    keys = numbered_file(w, count=200)  # what the receive buffer holds even if nobody reads
    w.call(logger, "--server", "127.0.0.1", "--port", port, "--udp", "--rfc5424", "--file", "numbered")
    receiver.holds_exactly(keys)


@case
def logger_over_a_unix_socket(w):
    logger = peers.needs("logger", "bsdutils")
    path = w.path / "log.sock"
    receiver = Receiver(w, 'p.source.unix { path = "log.sock", type = "datagram", format = "syslog" }', path.exists)
    keys = numbered_file(w)
    w.call(logger, "--socket", path, "--file", "numbered")
    receiver.holds_exactly(keys)


RSYSLOG = {
    "octet-counted": 'TCP_Framing="octet-counted"',
    "a line each": 'TCP_Framing="traditional"',
    "octet-counted and compressed into bursts": 'TCP_Framing="octet-counted" queue.dequeueBatchSize="512"',
}


def rsyslog_sends(action):
    def holds(w):
        port, receiver = over_syslog(w)
        rsyslog = peers.Rsyslog(w, port, action)
        keys = numbered_file(w)
        rsyslog.write(w.read("numbered"))
        receiver.holds_exactly(keys)

    return holds


for title, chosen in RSYSLOG.items():
    case(rsyslog_sends(chosen), f"rsyslog {title}")


@case
def rsyslog_over_TLS(w):
    """RFC 5425: octet-counted, over TLS."""
    tls = peers.Certificates(w)
    port, receiver = over_syslog(w, f''', tls = {{ cert = "{tls['server.pem']}", key = "{tls['server.key']}" }}''')
    rsyslog = peers.Rsyslog(w, port, '''TCP_Framing="octet-counted" StreamDriver="gtls" StreamDriverMode="1"
      StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost"''', f''' DefaultNetstreamDriverCAFile="{tls['ca.pem']}"''')
    keys = numbered_file(w)
    rsyslog.write(w.read("numbered"))
    receiver.holds_exactly(keys)


LOGGEN = {
    "over TCP, a line each": ("--inet", "--stream"),
    "over TCP, octet-counted": ("--inet", "--stream", "--syslog-proto"),
}


def loggen_sends(arguments, connections=8):
    def holds(w):
        port, receiver = over_syslog(w)
        each = COUNT // connections
        said = peers.loggen(w, *arguments, "--active-connections", connections, "--number", each, "--rate", 100_000, "--size", 300, "127.0.0.1", port)
        wanted = {(thread, number) for thread in range(connections) for number in range(each)}
        w.waits_for(lambda: len(receiver.entries()) >= len(wanted), f"{len(wanted)} events (there are {len(receiver.entries())}; loggen said {said})")
        receiver.program.stop().exits(0).balances("in")
        found = [re.match(r"seq: (\d+), thread: (\d+)", json.loads(entry)["message"]) for entry in receiver.entries()]
        assert all(found), "messages without a number"
        assert sorted((int(m[2]), int(m[1])) for m in found) == sorted(wanted)

    return holds


for title, chosen in LOGGEN.items():
    case(loggen_sends(chosen), f"loggen {title}")
