"""delivery = "exactly_once": from Kafka to Kafka over kills, rebalances and brokers that fail, seen by a consumer of committed messages.

EXACTLY_ONCE_EVENTS=1000000 in the environment makes it a long run."""
import collections
import json
import os
import random
import re
import signal
import threading
import time

from harness import events
from harness.kafka import Kafka
from harness.site import Failure, case

EVENTS = int(os.environ.get("EXACTLY_ONCE_EVENTS", "40000"))
PIECE = 20_000  # of what kcat is given at a time


def script(kafka, more=""):
    return f'''p.pipeline "once" {{
      delivery = "exactly_once",
      p.source.kafka {{ brokers = "{kafka.addresses()}", topic = "in", group = "once", session_timeout = "6s", handover_timeout = "5s", commit_interval = "200ms"{more} }},
      p.filter "n >= 0",
      p.transform (function(event) event.pad = nil end),
      p.sink.kafka {{ brokers = "{kafka.addresses()}", topic = "out", key = "{{n}}" }},
    }}'''


def fill(kafka, count):
    for begin in range(0, count, PIECE):
        kafka.produce("in", events.lines("x", range(begin, min(count, begin + PIECE))), "-X", "queue.buffering.max.messages=1000000")


def seen(kafka):
    """How often each event's number stands in the output, as consumers of committed messages see it."""
    counts = collections.Counter()
    for value in kafka.values("out", "-X", "isolation.level=read_committed"):
        number = value.partition(b'"n":')[2].partition(b",")[0]
        counts[int(number)] += 1
    return counts


def has_some(kafka):
    """Something is committed. It does not read to the end, which moves on while events come."""
    return bool(kafka.values("out", "-c", "1", "-X", "isolation.level=read_committed"))


def check(kafka, count):
    counts = seen(kafka)
    twice = [number for number, times in counts.items() if times > 1]
    gone = [number for number in range(count) if number not in counts]
    if twice or gone or len(counts) != count:
        raise Failure(f"of {count} events {len(gone)} are missing, such as {gone[:5]}, and {len(twice)} are there more than once, such as {twice[:5]}")


def all_committed(kafka, count):
    """The group has passed everything."""
    return sum(seen(kafka).values()) >= count


def wait_for_all(w, kafka, count, programs, within):
    """Looks now and then: reading everything back costs what the test has to spare."""
    deadline = time.monotonic() + within
    while not all_committed(kafka, count):
        if time.monotonic() > deadline:
            said = "\n".join(program.said()[-1500:] for program in programs)
            raise Failure(f"expected within {within} s: {count} events, got {sum(seen(kafka).values())}; the programs said:\n{said}")
        time.sleep(2)


@case
def each_event_is_there_once_over_kills_joins_and_leaves(w):
    kafka = Kafka(w)
    kafka.create("in", partitions=6)
    kafka.create("out", partitions=3)
    w.script(script(kafka))
    programs = [w.penstock("run", "script.lua", "--workers", "2", name=f"penstock-{number}") for number in range(3)]
    rng = random.Random(f"{w.seed} once")
    filler = threading.Thread(target=fill, args=(kafka, EVENTS))
    filler.start()
    programs[0].start()
    told = []
    for _ in range(max(8, w.kills // 3)):
        program = rng.choice(programs)
        if not program.is_running():
            program.start()
            told.append("join")
        elif rng.random() < 0.4:
            program.stop().balances("once")
            told.append("leave")
        else:
            program.kill()
            told.append("kill")
        time.sleep(rng.uniform(0.3, 3))
    filler.join()
    for program in programs:
        if not program.is_running():
            program.start()
    wait_for_all(w, kafka, EVENTS, programs, within=120)
    time.sleep(2)  # were there more of something, it would come now
    for program in programs:
        program.stop().balances("once")
    check(kafka, EVENTS)
    w.note(f"{' '.join(told)}: {EVENTS} events, each once, seed {w.seed}")


@case
def a_static_member_goes_on_at_once_after_each_kill(w):
    kafka = Kafka(w)
    kafka.create("in", partitions=4)
    kafka.create("out", partitions=2)
    w.script(script(kafka, ', instance_id = "one"'))
    program = w.penstock("run", "script.lua", "--workers", "2")
    rng = random.Random(f"{w.seed} static")
    filler = threading.Thread(target=fill, args=(kafka, EVENTS))
    filler.start()
    for _ in range(w.kills):
        program.start().lives_for(rng.uniform(0.2, 1.2))
        program.kill()
    filler.join()
    program.start()
    wait_for_all(w, kafka, EVENTS, [program], within=120)
    program.stop().balances("once")
    check(kafka, EVENTS)
    w.note(f"{w.kills} kills, {EVENTS} events, each once, seed {w.seed}")


@case
def each_event_is_there_once_while_brokers_are_killed(w):
    """In the middle of transactions: events come all the while, and a little later than the last kill."""
    kafka = Kafka(w, brokers=3)
    kafka.create("in", partitions=4, min_insync_replicas=2)
    kafka.create("out", partitions=2, min_insync_replicas=2)
    filler = Filler(kafka)
    w.script(script(kafka))
    program = w.penstock("run", "script.lua", "--workers", "1").start()
    w.waits_for(lambda: has_some(kafka), "the first transaction", within=30)
    for broker in kafka.brokers:
        broker.kill()
        program.lives_for(4)
        broker.start()
        kafka.wait_until_ready()
    count = filler.stop()
    wait_for_all(w, kafka, count, [program], within=120)
    program.stop().balances("once")
    check(kafka, count)
    w.note(f"{count} events, each once")


@case
def each_event_is_there_once_when_the_broker_stops_answering(w):
    """In the middle of reading, of a full sink, of a commit: wherever it is. The brokers end no transaction meanwhile, and the client gives up
    none of its requests."""
    kafka = Kafka(w)
    kafka.create("in", partitions=3)
    kafka.create("out", partitions=2)
    filler = Filler(kafka, of=500, pause=0.1)
    w.script(script(kafka, ', prefetch = "1MiB"').replace('key = "{n}"', 'key = "{n}", buffer = { max_bytes = "4MiB" }').replace('"200ms"', '"50ms"'))
    program = w.penstock("run", "script.lua", "--workers", "2").start()
    w.waits_for(lambda: has_some(kafka), "the first transaction", within=30)
    rng = random.Random(f"{w.seed} stops")
    (broker,) = kafka.brokers
    for _ in range(8):
        program.lives_for(rng.uniform(0.2, 0.8))
        broker.process.send_signal(signal.SIGSTOP)
        program.lives_for(rng.uniform(0.5, 2.5))
        broker.process.send_signal(signal.SIGCONT)
    count = filler.stop()
    wait_for_all(w, kafka, count, [program], within=120)
    program.stop().exits(0).balances("once")
    check(kafka, count)
    w.note(f"{count} events, each once, seed {w.seed}")


class Filler:
    """Writes numbered events to the topic "in", some at a time, until it is told to stop; each once, also while a broker is away."""

    def __init__(self, kafka, of=300, pause=0.2):
        self.kafka, self.of, self.pause, self.count = kafka, of, pause, 0
        self._failed = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._over.wait(self.pause):
            try:
                self.kafka.produce("in", events.lines("x", range(self.count, self.count + self.of)), "-X", "acks=all", "-X", "enable.idempotence=true")
            except Exception as failed:  # told by stop()
                self._failed = failed
                return
            self.count += self.of

    def stop(self):
        """-> how many there are"""
        self._over.set()
        self._thread.join()
        if self._failed:
            raise Failure(f"the producer of the test failed: {self._failed}")
        return self.count


@case
def what_the_topic_refuses_is_a_dead_letter_and_the_rest_is_there_once(w):
    """Brokers refuse whole batches, and with one its transaction."""
    kafka = Kafka(w)
    kafka.create("in", partitions=2, max_message_bytes=5_000_000)
    kafka.create("out", partitions=2, max_message_bytes=20_000)
    rng = random.Random(f"{w.seed} refused")
    too_large = set(rng.sample(range(3000), 5))
    sizes = {number: rng.choice((25_000, 200_000)) if number in too_large else 200 for number in range(3000)}
    too_large.add(3000)
    sizes[3000] = 1_020_000  # above max_message too
    lines = b"".join(b'{"n":%d,"s":"x","text":"%s"}\n' % (number, rng.randbytes(size // 2).hex().encode()) for number, size in sorted(sizes.items()))
    kafka.produce("in", lines, "-X", "message.max.bytes=4000000")
    w.script(script(kafka, ", follow = false"))
    run = w.run("run", "script.lua", "--workers", "1", "--state", "state", timeout=120).exits(1)
    run.says(f"{3001 - len(too_large)} delivered.* {len(too_large)} dead-lettered")
    counts = seen(kafka)
    assert set(counts) == set(range(3001)) - too_large, f"missing {sorted(set(range(3001)) - too_large - set(counts))[:5]}, too many {sorted(set(counts) & too_large)[:5]}"
    assert set(counts.values()) == {1}, "some are there more than once"
    letters = [json.loads(line) for line in w.run("dead-letter", "show", "--state", "state").exits(0).stdout.splitlines()]
    numbers = sorted(int(re.match(r'{"n":(\d+),', letter["raw"])[1]) for letter in letters)
    assert numbers == sorted(too_large), f"letters of {numbers}, expected of {sorted(too_large)}"
    assert all("too large" in letter["reason"] or "max_message" in letter["reason"] for letter in letters), letters[0]
    w.run("run", "script.lua", "--workers", "1", "--state", "state", timeout=60).exits(0).says(" 0 events read")


@case
def batches_that_are_larger_than_the_topic_takes_go_one_by_one(w):
    kafka = Kafka(w)
    kafka.create("in", partitions=2)
    kafka.create("out", partitions=1, max_message_bytes=1000)
    fill(kafka, 3000)
    w.script(script(kafka, ", follow = false"))
    w.run("run", "script.lua", "--workers", "1", timeout=120).exits(0).says(" 3000 delivered")
    check(kafka, 3000)


@case
def what_has_to_be_mended_pauses_it_and_then_it_goes_on(w):
    kafka = Kafka(w)
    kafka.create("in", partitions=2)
    fill(kafka, 1000)
    w.script(script(kafka))
    w.run("destination", "test", "script.lua").exits(1).prints_like("connection|TCP").prints_like("Unknown topic")
    program = w.penstock("run", "script.lua", "--workers", "2").start()
    w.waits_for(lambda: "paused, for this has to be mended" in program.said(), lambda: f"a word on the topic; it said:\n{program.said()}", within=60)
    kafka.create("out", partitions=2)
    wait_for_all(w, kafka, 1000, [program], within=60)
    w.waits_for(lambda: "transactions are committed again" in program.said(), "a word on that", within=30)
    program.stop().exits(0).balances("once")
    check(kafka, 1000)
    assert program.said().count("paused, for this has to be mended") == 1, program.said()


@case
def the_latest_of_then_is_kept_over_a_restart(w):
    """Where "latest" was is committed before anything is read."""
    kafka = Kafka(w)
    kafka.create("in", partitions=2)
    kafka.create("out", partitions=2)
    kafka.produce("in", events.lines("x", range(50_000, 50_100)))
    w.script(script(kafka, ', start = "latest"'))
    program = w.penstock("run", "script.lua", "--workers", "1").start()
    w.waits_for(lambda: "worker 0 reads" in program.said() and len(kafka.committed("once")) == 2, "positions to be committed", within=30)
    program.kill()
    fill(kafka, 100)
    program.start()
    wait_for_all(w, kafka, 100, [program], within=60)
    program.stop().exits(0).balances("once")
    check(kafka, 100)


@case
def a_run_that_ends_commits_everything_and_a_reload_loses_nothing(w):
    kafka = Kafka(w)
    kafka.create("in", partitions=4)
    kafka.create("out", partitions=2)
    fill(kafka, 10_000)
    w.script(script(kafka, ", follow = false"))
    w.run("run", "script.lua", "--workers", "2").exits(0).says("10000 events read, 10000 matched, 10000 delivered")
    w.run("run", "script.lua", "--workers", "2").exits(0).says(" 0 events read")
    check(kafka, 10_000)
    w.script(script(kafka))
    program = w.penstock("run", "script.lua", "--workers", "2").start()
    fill_more = threading.Thread(target=lambda: kafka.produce("in", events.lines("x", range(10_000, 30_000))))
    fill_more.start()
    for _ in range(3):
        program.lives_for(1.5)
        w.script(script(kafka).replace("n >= 0", f"n >= -{random.randrange(1, 1000)}"))
        program.signal(signal.SIGHUP)
    fill_more.join()
    wait_for_all(w, kafka, 30_000, [program], within=60)
    program.stop().exits(0).balances("once")
    check(kafka, 30_000)


@case
def what_cannot_be_exactly_once_is_said(w):
    source = 'p.source.kafka { brokers = "127.0.0.1:1", topic = "in", group = "once" }'
    sink = 'p.sink.kafka { brokers = "127.0.0.1:1", topic = "out" }'

    def told(*parts):
        w.script(f'p.pipeline "once" {{ delivery = "exactly_once", {", ".join(parts)} }}')
        return w.run("check", "script.lua")

    told(source, sink).exits(0).prints_like("exactly once")
    told(source, "p.sink.stdout {}").exits(2).says("sink.stdout cannot take part in delivery = .exactly_once. .hint: sink.kafka can")
    told("p.source.stdin {}", sink).exits(2).says("source.stdin cannot take part")
    told(source, sink, sink.replace("out", "out2")).exits(2).says("wants one source and one sink")
    told(source, sink.replace(":1", ":2")).exits(2).says("is not in the sink's cluster")
    told(source, sink.replace("}", ', on_full = "drop", mode = "batch" }')).exits(2).says("'on_full' = .drop., option 'mode' = .batch.: no meaning with delivery")
    told(source.replace("}", ", read_uncommitted = true }"), sink).exits(2).says("read_uncommitted")
    # All of it in one go.
    told(source.replace("}", ', commit_interval = "2m" }'), sink.replace("}", ', mode = "batch" }')).exits(2).says("commit_interval.* is at most 60s", "mode.*no meaning")
