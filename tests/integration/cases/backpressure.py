"""A destination that takes nothing: sources wait, memory stays where it is, and a sink of its own way holds up nobody else."""
import itertools

from harness import events, senders
from harness.crash import DELIVERY, MEGABYTE
from harness.site import case

RSS_MAX = 64 * MEGABYTE
SMALL = 'buffer = { max_bytes = "1MiB" }, on_full = "block"'


class Dammed:
    """One pipeline into a destination that refuses."""

    def __init__(self, w, source, buffer=SMALL):
        self.w, self.destination = w, w.destination()
        self.ledger = self.destination.ledger
        self.destination.behave("refuse")
        w.script(f'p.pipeline "dammed" {{ {source}, p.sink.http {{ url = "{self.destination.url}", {DELIVERY}, {buffer} }} }}')
        self.program = w.penstock("run", "script.lua", "--state", "state", "--workers", "1").start()

    def stands_still(self, progress):
        """Until what is said to progress has not for a second."""
        seen = [None, 0]

        def still():
            self.program.lives_for(0.05)
            now = progress()
            seen[:] = [now, seen[1] + 1 if now == seen[0] and now else 0]
            return seen[1] >= 20

        self.w.waits_for(still, "the source to wait", within=60)
        self.program.note_memory()
        assert self.program.rss_max < RSS_MAX, f"{self.program.rss_max // MEGABYTE} MiB of memory"

    def opens(self, keys):
        self.destination.behave("ok")
        self.w.waits_for(lambda: self.ledger.has(keys), "every event at the destination", within=60)
        self.program.stop().exits(0).balances("dammed")
        assert not self.ledger.torn and self.ledger.duplicates() == 0
        assert self.program.rss_max < RSS_MAX, f"{self.program.rss_max // MEGABYTE} MiB of memory"
        self.w.note(f"{self.program.rss_max // MEGABYTE} MiB at most")


@case
def a_file_waits(w):
    count = 100_000
    size = len(w.write("in.ndjson", events.lines("file", range(1, count + 1))).read_bytes())
    run = Dammed(w, 'p.source.file { path = "in.ndjson", format = "json" }')

    def bytes_read():
        with open(f"/proc/{run.program.process.pid}/io") as io:
            return int(io.readline().split()[1])

    run.stands_still(lambda: bytes_read() // MEGABYTE)
    assert bytes_read() < size, "all of the file was read"
    run.opens([("file", n) for n in range(1, count + 1)])


@case
def a_tcp_connection_is_not_read(w):
    port = w.free_port()
    run = Dammed(w, f'p.source.tcp {{ listen = "127.0.0.1:{port}", format = "json" }}')
    sender = senders.StreamSender(senders.tcp(port), senders.line, seed=w.seed, events_per_second=1_000_000).start()
    run.stands_still(lambda: sum(sender.sent.values()))
    run.destination.behave("ok")
    sender.stop()
    run.opens(sender.keys_of_this_life())


@case
def http_senders_are_told_to_come_back(w):
    """429 or 503 with Retry-After; what was answered with success arrives."""
    port = w.free_port()
    run = Dammed(w, f'p.source.http {{ listen = "127.0.0.1:{port}", format = "json" }}')
    clients = [senders.HttpSender(port, name=f"http{i}", seed=w.seed, seconds_between=0, batch_events=2000).start() for i in range(16)]
    w.waits_for(lambda: any({429, 503} & set(client.statuses) for client in clients), "a refusal")
    run.program.note_memory()
    assert not any(client.accepted for client in clients), "accepted, though it is nowhere"
    assert all(client.retry_after_seen for client in clients if {429, 503} & set(client.statuses)), "no Retry-After"
    run.destination.behave("ok")
    for client in clients:
        client.stop()
    accepted = list(itertools.chain(*(client.accepted for client in clients)))
    w.waits_for(lambda: run.ledger.has(accepted), "every accepted event at the destination", within=60)
    run.program.stop().exits(0).balances("dammed")
    assert run.program.rss_max < RSS_MAX, f"{run.program.rss_max // MEGABYTE} MiB of memory"


def two_sinks(w, good, bad, on_full):
    return f'''p.pipeline "both" {{ p.source.file {{ path = "in.ndjson", format = "json" }},
      p.sink.http {{ name = "good", url = "{good.url}", {DELIVERY} }},
      p.sink.http {{ name = "bad", url = "{bad.url}", {DELIVERY}, buffer = {{ max_bytes = "256KiB" }}, on_full = "{on_full}" }} }}'''


def beside_a_bad_sink(w, on_full):
    good, bad = w.destination(), w.destination()
    bad.behave("refuse")
    keys = [("file", n) for n in range(1, 20_001)]
    w.write("in.ndjson", events.lines("file", range(1, 20_001)))
    w.script(two_sinks(w, good, bad, on_full))
    program = w.penstock("run", "script.lua", "--state", "state", "--workers", "1").start()
    w.waits_for(lambda: good.ledger.has(keys), "every event at the sink that is well", within=60)
    assert len(bad.ledger) == 0
    bad.behave("ok")
    return program, good, bad, keys


@case
def a_sink_that_spools_holds_up_nobody(w):
    program, good, bad, keys = beside_a_bad_sink(w, "spool")
    w.waits_for(lambda: bad.ledger.has(keys), "every event at the other sink, too", within=60)
    program.stop().exits(0).balances("both")
    for destination in (good, bad):
        assert not destination.ledger.torn and destination.ledger.duplicates() == 0


@case
def a_sink_that_drops_holds_up_nobody_and_says_how_many(w):
    program, good, bad, keys = beside_a_bad_sink(w, "drop")
    ended = program.stop().exits(1).balances("both")
    dropped = ended.counts("both")["dropped"]
    assert dropped > 0 and dropped == len(bad.ledger.missing(keys)), f"{dropped} dropped, {len(bad.ledger.missing(keys))} missing"
    assert good.ledger.duplicates() == 0 and bad.ledger.duplicates() == 0
