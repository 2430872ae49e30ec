"""delivery = "exactly_once": from Kafka to Kafka over kills, rebalances and brokers that fail, seen by a consumer of committed messages.

EXACTLY_ONCE_EVENTS=1000000 in the environment makes it a long run."""
import collections
import os
import random
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
    kafka = Kafka(w, brokers=3)
    kafka.create("in", partitions=4, min_insync_replicas=2)
    kafka.create("out", partitions=2, min_insync_replicas=2)
    count = min(EVENTS, 20_000)
    fill(kafka, count)
    w.script(script(kafka))
    program = w.penstock("run", "script.lua", "--workers", "1").start()
    for broker in kafka.brokers:
        program.lives_for(1.5)
        broker.kill()
        program.lives_for(4)
        broker.start()
        kafka.wait_until_ready()
    wait_for_all(w, kafka, count, [program], within=120)
    program.stop().balances("once")
    check(kafka, count)


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
    told(source, sink.replace("}", ', on_full = "drop" }')).exits(2).says("on_full.* has no meaning")
    told(source.replace("}", ", read_uncommitted = true }"), sink).exits(2).says("read_uncommitted")
    # All of it in one go.
    told(source.replace("}", ', commit_interval = "2m" }'), sink.replace("}", ', mode = "batch" }')).exits(2).says("commit_interval.* is at most 60s", "mode.* has no meaning")
