"""SIGKILL at random moments while the destination fails in every way in turn: nothing accepted is lost, nothing is torn."""
import bisect
import itertools
import socket

from harness import events, senders, spool
from harness.crash import BUFFERS, CrashRun, checkpoint
from harness.faulty_kafka import FaultyKafka
from harness.faulty_store import FaultyStore
from harness.site import case

FILE = 'p.source.file { path = "in.ndjson", format = "json", rescan = "50ms" }'


class Checkpoints:
    """How far the one file was known to be done at each kill, in events; and how many beyond that were in the spool, so that they come
    from there and are read again."""

    def __init__(self, w):
        self.w, self.ends, self.done, self.spooled_beyond = w, [0], [0], 0

    def note(self, writer):
        for n in range(len(self.ends), len(writer.accepted) + 1):
            self.ends.append(self.ends[-1] + len(events.event(writer.name, n)) + 1)
        self.done.append(bisect.bisect_right(self.ends, checkpoint(self.w)) - 1)
        self.spooled_beyond += sum(1 for _, number in spool.all_keys(self.w.path / "state") if number > self.done[-1])


def http(w):
    return w.destination()


def s3(w):
    return w.runs_destination(FaultyStore(w, w.seed))


def kafka(w):
    return w.runs_destination(FaultyKafka(w, w.seed))


def file_to(destination, buffer):
    def holds(w):
        """Accepted: a line that is ended, in the file. It may arrive twice when its delivery, or that it was spooled, was not behind a
        checkpoint yet at a kill; with a spool also when a kill came before the answer to its request.
        """
        run = CrashRun(w, FILE, buffer, to=destination(w))
        writer = senders.FileWriter(w.path / "in.ndjson", seed=w.seed).start()
        checkpoints = Checkpoints(w)
        run.kill_again_and_again(after_kill=lambda: checkpoints.note(writer))
        writer.stop()
        run.wait_for(writer.accepted)
        run.finish()
        assert len(run.ledger) == len(writer.accepted), "events that nobody wrote"

        arrived_before_checkpoint = 0
        repeated = 0
        for (_, number), lives in run.ledger.arrivals():
            first = lives[0]
            for life in lives[1:]:
                repeated += 1
                if number <= checkpoints.done[life]:
                    arrived_before_checkpoint += 1
        if buffer == "memory":
            assert arrived_before_checkpoint == 0, f"{arrived_before_checkpoint} events were sent again that a checkpoint had said to be done"
        bound = unknown_at_kills(run, checkpoints) + (0 if buffer == "memory" else run.in_flight_at_kills() + checkpoints.spooled_beyond)
        run.twice_at_most(bound, "what had arrived or was spooled beyond the checkpoint at each kill, and with a spool the requests under way")
        run.tell(len(writer.accepted), bound)

    return holds


def unknown_at_kills(run, checkpoints):
    """Events that had arrived before a kill and were not behind a checkpoint at it, summed over the kills."""
    unknown = 0
    for (_, number), lives in run.ledger.arrivals():
        unknown += sum(1 for life in range(lives[0], run.kills) if number > checkpoints.done[life + 1] and life in lives)
    return unknown


def http_to(destination, buffer):
    def holds(w):
        """Accepted: answered with a status of success. It may arrive twice for each try that ended without an answer, and with a
        spool also when a kill came before the answer to its request.
        """
        port = w.free_port()
        run = CrashRun(w, f'p.source.http {{ listen = "127.0.0.1:{port}", format = "json" }}', buffer, to=destination(w))
        clients = [senders.HttpSender(port, name=f"http{i}", seed=w.seed).start() for i in range(4)]
        run.kill_again_and_again()
        for client in clients:
            client.stop()
        accepted = list(itertools.chain(*(client.accepted for client in clients)))
        run.wait_for(accepted)
        run.finish()
        bound = sum(client.unanswered for client in clients) + (0 if buffer == "memory" else run.in_flight_at_kills())
        run.twice_at_most(bound, "events of tries without an answer, and with a spool the requests under way at each kill")
        run.tell(len(accepted), bound)

    return holds


for to in http, s3:
    for kind in BUFFERS:
        case(file_to(to, kind), f"file to {to.__name__} over {kind}")
        case(http_to(to, kind), f"http to {to.__name__} over {kind}")
for kind in BUFFERS:
    case(file_to(kafka, kind), f"file to kafka over {kind}")


# Sources whose senders are told nothing: what the program had not read, or had in memory only, goes with it. Safe is what was in the
# spool or at the destination before the kill; some lives are killed in a quiet moment, when all that they were sent is safe.

QUIET_EVERY = 5


def stream_to_http(make):
    """`make(w)` -> (the source's text, a StreamSender)"""

    def holds(w):
        """Of each connection the beginning arrives, without a hole: what a kill costs is its end. What was safe arrives."""
        source, sender = make(w)
        run = CrashRun(w, source, "disk", more=", ordered = true")
        sender.start()
        safe, kills = set(), itertools.count(1)

        def before_kill():
            if next(kills) % QUIET_EVERY == 0:
                sender.hold()
                w.waits_for(sender.is_idle, "the sender to hold still")
                life = sender.keys_of_this_life()
                run.wait_until_safe(life)
                safe.update(life)
                sender.go_on()

        run.kill_again_and_again(before_kill, after_kill=sender.next_life)
        w.waits_for(sender.keys_of_this_life, "events into the last life")
        sender.stop()
        run.wait_for(safe | set(sender.keys_of_this_life()))
        run.finish()
        for connection in run.ledger.senders():
            numbers = sorted(run.ledger.numbers(connection))
            assert numbers == list(range(1, len(numbers) + 1)), f"{connection}: a hole in {numbers}"
            assert len(numbers) <= sender.attempted[connection], f"{connection}: events that nobody sent"
        end_of_best_effort(w, run, sender)

    return holds


def datagrams_to_http(make):
    """`make(w)` -> (the source's text, a DatagramSender, whether somebody listens)"""

    def holds(w):
        """What was safe arrives; what was sent to nobody does not, and nothing else arrives."""
        source, sender, listened = make(w)
        run = CrashRun(w, source, "disk")
        sender.start()
        safe, kills = set(), itertools.count(1)

        def send_safely():
            sender.hold()
            w.waits_for(sender.is_idle, "the sender to hold still")
            w.waits_for(listened, "the source to listen")
            keys = sender.send_afresh(50)
            run.wait_until_safe(keys)
            safe.update(keys)
            sender.go_on()

        run.kill_again_and_again(lambda: send_safely() if next(kills) % QUIET_EVERY == 0 else None)
        send_safely()
        sender.stop()
        run.wait_for(safe)
        run.finish()
        assert all(number <= sender.attempted[name] for (name, number), _ in run.ledger.arrivals()), "events that nobody sent"
        end_of_best_effort(w, run, sender)

    return holds


def end_of_best_effort(w, run, sender):
    bound = run.in_flight_at_kills()
    run.twice_at_most(bound, "requests under way at each kill")
    sent = sum(sender.attempted.values())
    w.note(f"{sent} events sent, {sent - len(run.ledger)} of them went with sockets and memory, or to nobody")
    run.tell(len(run.ledger), bound)


def tcp(w):
    port = w.free_port()
    return f'p.source.tcp {{ listen = "127.0.0.1:{port}", format = "json" }}', senders.StreamSender(senders.tcp(port), senders.line, "tcp", w.seed)


def syslog(frame):
    def make(w):
        port = w.free_port()
        return f'p.source.syslog {{ listen = "127.0.0.1:{port}" }}', senders.StreamSender(senders.tcp(port), frame, "syslog", w.seed)

    return make


def unix(w):
    return ('p.source.unix { path = "in.sock", format = "json" }',
            senders.StreamSender(senders.unix(w.path / "in.sock"), senders.line, "unix", w.seed))


def udp(w):
    port = w.free_port(socket.SOCK_DGRAM)
    return (f'p.source.udp {{ listen = "127.0.0.1:{port}", format = "json" }}',
            senders.DatagramSender(senders.udp(port), senders.line, "udp", w.seed), lambda: is_bound(port))


def unix_datagrams(w):
    path = w.path / "in.sock"
    return ('p.source.unix { path = "in.sock", type = "datagram", format = "json" }',
            senders.DatagramSender(senders.unix_datagrams(path), senders.line, "unix", w.seed), lambda: takes_datagrams(path))


def is_bound(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
            return False
        except OSError:
            return True


def takes_datagrams(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        return probe.connect_ex(str(path)) == 0


case(stream_to_http(tcp), "tcp to http")
case(stream_to_http(syslog(senders.syslog_line)), "syslog to http, a line each")
case(stream_to_http(syslog(senders.syslog_counted)), "syslog to http, octet-counted")
case(stream_to_http(unix), "unix to http")
case(datagrams_to_http(udp), "udp to http")
case(datagrams_to_http(unix_datagrams), "unix datagrams to http")
