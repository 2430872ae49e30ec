"""p.source.kafka with a real broker: positions, shares of a group, kills, bad input."""
import json
import os
import random
import signal
import threading
import time

from golden import ROOT

from harness import crash, events, metrics
from harness.kafka import Kafka
from harness.peers import needs
from harness.site import case

# A member that is not heard of loses its partitions soon: as soon as the broker allows.
DELIVERY = f"{crash.DELIVERY}, {crash.BUFFERS['memory']}"
QUICK = 'session_timeout = "6s", handover_timeout = "5s", commit_interval = "100ms"'

SMALL = 'prefetch = "4MiB"'
SOON = 'properties = { ["topic.metadata.refresh.interval.ms"] = 1000 }'
STATIC = 'instance_id = "one"'


def source(kafka, topic, more="", listener="plain"):
    return f'p.source.kafka {{ brokers = "{kafka.addresses(listener)}", topic = "{topic}", group = "edge", {QUICK}{more and ", " + more} }}'


def to_file(kafka, topic, more="", stages=""):
    """A run that ends, into out.ndjson."""
    return f'p.pipeline "edge" {{ {source(kafka, topic, "follow = false" + (more and ", " + more))},{stages} p.sink.file {{ path = "out.ndjson" }} }}'


def keys_of(kafka_ledger):
    return {key for key, _ in kafka_ledger.arrivals()}


class Producer:
    """Writes numbered events to a topic, some hundred at a time, until it is told to stop; a key each, so that they spread."""

    def __init__(self, kafka, topic, sender="k", per_turn=300, pause=0.05):
        self.kafka, self.topic, self.sender, self.per_turn, self.pause = kafka, topic, sender, per_turn, pause
        self.accepted, self.doubtful = set(), set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self._over.set()
        self._thread.join()
        return self

    def _run(self):
        number = 0
        while not self._over.wait(self.pause):
            numbers = range(number, number + self.per_turn)
            number += self.per_turn
            keys = {(self.sender, n) for n in numbers}
            try:
                self.kafka.produce(self.topic, events.lines(self.sender, numbers), "-X", "acks=all", "-X", "enable.idempotence=true")
                self.accepted |= keys
            except Exception:  # while brokers are killed: some of it may be there
                self.doubtful |= keys


@case
def a_topic_is_read_to_its_end_and_then_only_what_is_new(w):
    kafka = Kafka(w)
    kafka.create("orders", partitions=5)
    kafka.produce("orders", events.lines("a", range(20_000)))
    w.script(to_file(kafka, "orders"))
    w.run("run", "script.lua", "--workers", "2").exits(0).says("20000 events read")
    first = w.read("out.ndjson").splitlines()
    assert sorted(first) == sorted(events.lines("a", range(20_000)).splitlines()), "not the same events"
    w.run("run", "script.lua", "--workers", "3").exits(0).says(" 0 events read")
    kafka.produce("orders", events.lines("b", range(100)))
    w.run("run", "script.lua", "--workers", "1").exits(0).says("100 events read")
    assert len(w.read("out.ndjson").splitlines()) == 20_100


@case
def partitions_keep_their_order_and_metadata_tells_whence_events_came(w):
    kafka = Kafka(w)
    kafka.create("orders", partitions=3)
    for key in ("x", "y", "z"):
        lines = b"".join(b'{"n":%d}\n' % n for n in range(1000))
        kafka.produce("orders", lines, "-k", key, "-H", "trace=4bf9", "-H", "trace=last", "-H", "flag")
    w.script(to_file(kafka, "orders", 'metadata = "kafka"', ' p.filter "kafka.partition >= 0 and n < 900",'))
    w.run("run", "script.lua", "--workers", "2").exits(0).says("3000 events read, 2700 matched")
    got = [json.loads(line) for line in w.read("out.ndjson").splitlines()]
    there = {(message.partition, message.offset): message for message in kafka.consume("orders")}
    assert len(got) == 2700
    last = {}
    for event in got:
        facts = event["kafka"]
        message = there[facts["partition"], facts["offset"]]
        assert facts["topic"] == "orders" and facts["key"] == message.key and facts["timestamp"] == message.timestamp, facts
        assert facts["headers"] == {"trace": "last", "flag": None} or facts["headers"] == {"trace": "last", "flag": ""}, facts
        assert json.loads(message.value)["n"] == event["n"]
        assert last.get(facts["partition"], -1) < facts["offset"], "out of order"
        last[facts["partition"]] = facts["offset"]


@case
def each_message_is_an_event_of_its_own_whatever_is_in_it(w):
    kafka = Kafka(w)
    kafka.create("orders", partitions=1)
    for value in (b'{"a":1}', b'poison \xff', b'{"a":', b'[{"a":2},\n {"a":3}]', b'{\n  "a": 4\n}\n', b'{"a":5}\n{"a":6}', b'[{"a":7', b'{"a":8}', b'"text"', b'{"a":9}'):
        kafka.produce("orders", value, "-D", "\x1e")
    w.script(to_file(kafka, "orders"))
    run = w.run("run", "script.lua", "--state", "state").exits(1).says("kafka:orders/0, offset 1: ")
    assert [json.loads(line)["a"] for line in w.read("out.ndjson").splitlines()] == [1, 2, 3, 4, 5, 6, 8, 9]
    run.says("4 dead-lettered")
    letters = [json.loads(line) for line in w.run("dead-letter", "show", "--state", "state").exits(0).stdout.splitlines()]
    assert [(letter["source"], letter["offset"]) for letter in sorted(letters, key=lambda letter: letter["offset"])] == [("kafka:orders/0", offset) for offset in (1, 2, 6, 8)], letters


@case
def reading_begins_where_the_script_says(w):
    kafka = Kafka(w)
    kafka.create("orders", partitions=2)
    kafka.produce("orders", events.lines("old", range(100)))
    time.sleep(1.1)
    between = time.time()
    time.sleep(1.1)
    kafka.produce("orders", events.lines("new", range(50)))
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(between))
    for number, (start, count) in enumerate([("earliest", 150), ("latest", 0), (stamp, 50), ("1h", 150), ("0s", 0)]):
        w.script(to_file(kafka, "orders", f'start = "{start}"').replace('"edge", session', f'"edge-{number}", session'))
        w.run("run", "script.lua").exits(0).says(rf"{count} events read")
    # "latest" was then: what came since is read.
    kafka.produce("orders", events.lines("newer", range(7)))
    w.script(to_file(kafka, "orders", 'start = "latest"').replace('"edge", session', '"edge-1", session'))
    w.run("run", "script.lua").exits(0).says("7 events read")


@case
def patterns_find_topics(w):
    kafka = Kafka(w)
    for topic in ("edge-a", "edge-b", "other"):
        kafka.create(topic, partitions=2)
        kafka.produce(topic, events.lines(topic, range(10)))
    w.script(to_file(kafka, "^edge-.*"))
    w.run("run", "script.lua").exits(0).says("20 events read")


def started(w, script, number, *arguments, **options):
    """One of several processes with one script."""
    program = w.penstock("run", "script.lua", "--workers", "2", *arguments, name=f"penstock-{number}", **options)
    w.script(script)
    return program


@case
def nothing_is_lost_over_kills(w):
    """A static member gets its partitions back at once."""
    kafka = Kafka(w)
    kafka.create("orders", partitions=4)
    destination = w.destination()
    w.script(f'p.pipeline "crash" {{ {source(kafka, "orders", STATIC)}, {destination.sink(DELIVERY)} }}')
    program = w.penstock("run", "script.lua", "--workers", "2")
    rng = random.Random(f"{w.seed} kafka")
    producer = Producer(kafka, "orders").start()
    destination.fail_in_turn()
    for _ in range(w.kills):
        program.start().lives_for(rng.uniform(0.1, 1.5))
        program.kill()
        destination.ledger.next_life()
    destination.behave_well()
    producer.stop()
    program.start()
    w.waits_for(lambda: destination.ledger.has(producer.accepted), lambda: missing(destination.ledger, producer, program), within=90)
    program.stop().exits(0).balances("crash")
    assert not destination.ledger.torn, destination.ledger.torn[:3]
    assert keys_of(destination.ledger) <= producer.accepted | producer.doubtful, "events that nobody wrote"
    w.note(f"{w.kills} kills, {len(producer.accepted)} events, {destination.ledger.duplicates()} arrived twice, seed {w.seed}")


def missing(ledger, producer, program):
    gone = ledger.missing(producer.accepted)
    return f"every event at the destination: {len(gone)} of {len(producer.accepted)} are missing, such as {sorted(gone)[:5]}; the program said:\n{program.said()[-3000:]}"


@case
def three_processes_share_a_topic_as_they_come_and_go(w):
    """Joins, leaves and kills in turn; what a process was killed with comes again, nothing else does."""
    kafka = Kafka(w)
    kafka.create("orders", partitions=7)
    destination = w.destination()
    script = f'p.pipeline "share" {{ {source(kafka, "orders")}, {destination.sink(DELIVERY)} }}'
    rng = random.Random(f"{w.seed} share")
    producer = Producer(kafka, "orders").start()
    programs = [started(w, script, number) for number in range(3)]
    programs[0].start()
    told = []
    for _ in range(max(6, w.kills // 5)):
        program = rng.choice(programs)
        running = [other for other in programs if other.is_running()]
        if not program.is_running():
            program.start()
            told.append("join")
        elif len(running) > 1 and rng.random() < 0.5:
            program.stop().exits(0).balances("share")
            told.append("leave")
        else:
            program.kill()
            told.append("kill")
            destination.ledger.next_life()
        time.sleep(rng.uniform(0.5, 4))
    producer.stop()
    for program in programs:
        if not program.is_running():
            program.start()
    w.waits_for(lambda: destination.ledger.has(producer.accepted), lambda: missing(destination.ledger, producer, programs[0]), within=90)
    for program in programs:
        program.stop().exits(0).balances("share")
    assert not destination.ledger.torn
    w.note(f"{' '.join(told)}: {len(producer.accepted)} events, {destination.ledger.duplicates()} arrived twice, seed {w.seed}")


@case
def a_process_that_joins_or_leaves_makes_nothing_come_twice(w):
    """Positions are committed before a partition is handed over."""
    kafka = Kafka(w)
    kafka.create("orders", partitions=6)
    destination = w.destination()
    script = f'p.pipeline "share" {{ {source(kafka, "orders")}, {destination.sink(DELIVERY)} }}'
    producer = Producer(kafka, "orders").start()
    one, two = started(w, script, 1), started(w, script, 2)
    one.start()
    w.waits_for(lambda: len(destination.ledger) > 1000, "events")
    for _ in range(3):
        two.start()
        w.waits_for(lambda: two.said().count("worker 0 reads orders") and two.said().count("worker 1 reads orders"), "partitions to move", within=30)
        time.sleep(0.5)
        two.stop().exits(0).balances("share")
    producer.stop()
    w.waits_for(lambda: destination.ledger.has(producer.accepted), lambda: missing(destination.ledger, producer, one), within=60)
    one.stop().exits(0).balances("share")
    assert destination.ledger.duplicates() == 0, f"{destination.ledger.duplicates()} events came twice"


@case
def one_that_ends_at_any_moment_has_left_its_group(w):
    """Also while it joins, or asks where its partitions begin: otherwise the next one would wait for the end of its session."""
    kafka = Kafka(w)
    kafka.create("orders", partitions=6)
    destination = w.destination()
    patient = source(kafka, "orders").replace('session_timeout = "6s"', 'session_timeout = "45s"')
    program = started(w, f'p.pipeline "share" {{ {patient}, {destination.sink(DELIVERY)} }}', 1)
    rng = random.Random(f"{w.seed} ends")
    for _ in range(12):
        program.start().lives_for(rng.uniform(0.1, 1.2))
        program.stop(within=20)
    kafka.produce("orders", events.lines("a", range(1000)))
    program.start()
    w.waits_for(lambda: len(destination.ledger) == 1000, lambda: f"1000 events, got {len(destination.ledger)}; it said:\n{program.said()[-2000:]}", within=20)
    program.stop().exits(0).balances("share")


@case
def a_run_that_ends_says_when_its_positions_are_not_taken(w):
    """The group belongs to the members that follow."""
    kafka = Kafka(w)
    kafka.create("orders", partitions=2)
    kafka.produce("orders", events.lines("a", range(100)))
    destination = w.destination()
    program = started(w, f'p.pipeline "share" {{ {source(kafka, "orders")}, {destination.sink(DELIVERY)} }}', 1).start()
    w.waits_for(lambda: len(destination.ledger) == 100, "events")
    w.waits_for(lambda: sum(kafka.committed("edge").values()) == 100, "their positions")
    destination.behave("hang")
    kafka.produce("orders", events.lines("b", range(100)))
    w.write("once.lua", 'local p = require "penstock"\n' + to_file(kafka, "orders", 'start = "earliest"'))
    w.run("run", "once.lua", "--workers", "1").exits(1).says("the last positions are not committed.*hint: a run with follow = false wants a group of its own")
    destination.behave("ok")
    program.stop().exits(0)


@case
def nothing_is_lost_while_brokers_are_killed_in_turn(w):
    kafka = Kafka(w, brokers=3)
    kafka.create("orders", partitions=4, min_insync_replicas=2)
    destination = w.destination()
    script = f'p.pipeline "share" {{ {source(kafka, "orders")}, {destination.sink(DELIVERY)} }}'
    producer = Producer(kafka, "orders", pause=0.2).start()
    program = started(w, script, 1).start()
    w.waits_for(lambda: len(destination.ledger) > 300, "events", within=30)
    for broker in kafka.brokers:
        broker.kill()
        time.sleep(4)
        broker.start()
        kafka.wait_until_ready()
    producer.stop()
    w.waits_for(lambda: destination.ledger.has(producer.accepted), lambda: missing(destination.ledger, producer, program), within=90)
    program.stop().balances("share")
    assert not destination.ledger.torn
    w.note(f"{len(producer.accepted)} events, {destination.ledger.duplicates()} arrived twice")


@case
def a_destination_that_takes_nothing_costs_no_memory_and_no_partitions(w):
    kafka = Kafka(w)
    kafka.create("orders", partitions=4)
    kafka.produce("orders", b"".join(b'{"n":%d,"pad":"%s"}\n' % (n, b"x" * 2000) for n in range(60_000)))
    destination = w.destination(split=lambda plain: [])  # what comes is not looked at
    destination.behave("hang")
    admin = w.free_port()
    script = f'p.pipeline "share" {{ {source(kafka, "orders", SMALL)}, {destination.sink(DELIVERY)} }}'
    program = started(w, script, 1, "--admin", f"127.0.0.1:{admin}").start()
    program.lives_for(12)  # two sessions long
    program.note_memory()
    assert program.said().count("worker 0 reads") == 1, program.said()
    destination.behave("ok")
    w.waits_for(lambda: metrics.read(admin)["penstock_pipeline_delivered_events_total"] == 60_000, "all events to be delivered", within=90)
    w.note(f"{program.rss_max >> 20} MiB at most while 120 MB waited")
    program.stop().exits(0).balances("share")
    assert program.rss_max < 200 * crash.MEGABYTE, f"{program.rss_max >> 20} MiB"


@case
def what_is_wrong_is_said(w):
    kafka = Kafka(w, secure=True)
    kafka.create("orders", partitions=1)
    kafka.produce("orders", events.lines("a", range(10)))
    sasl = 'sasl = {{ mechanism = "{}", user = "{}", password = "{}" }}'

    def run(topic, more, listener="sasl"):
        w.script(f'p.pipeline "edge" {{ {source(kafka, topic, "follow = false, " + more, listener)}, p.sink.stdout {{}} }}')
        return w.run("run", "script.lua", "--workers", "1", timeout=60)

    run("orders", sasl.format("PLAIN", "alice", "alice-pw")).exits(0).says("10 events read")
    run("orders", sasl.format("SCRAM-SHA-512", "alice", "not-the-password")).exits(1).says("source.kafka: .*[Aa]uthentication.*hint: see options sasl").never_says("not-the-password")
    run("missing", sasl.format("PLAIN", "alice", "alice-pw")).exits(1).says(r"topic missing: .*Unknown topic.*hint: make the topic")
    run("orders", sasl.format("PLAIN", "bob", "bob-pw")).exits(1).says("[Aa]uthorization|Unknown topic")
    kafka.allow("bob", "describe", "orders")
    kafka.allow("bob", "read", "orders")
    run("orders", sasl.format("PLAIN", "bob", "bob-pw")).exits(1).says("Group authorization failed.*hint: this user needs an ACL for the group")
    kafka.allow("bob", "read", "edge", resource="group")
    run("orders", sasl.format("PLAIN", "bob", "bob-pw")).exits(0)
    w.script(f'p.pipeline "edge" {{ p.source.kafka {{ brokers = "127.0.0.1:{w.free_port()}", topic = "orders", group = "g", follow = false }}, p.sink.stdout {{}} }}')
    w.run("run", "script.lua", timeout=60).exits(1).says("source.kafka: ")


@case
def a_source_that_follows_says_what_is_wrong_and_goes_on_when_it_is_mended(w):
    kafka = Kafka(w)
    destination = w.destination()
    script = f'p.pipeline "late" {{ {source(kafka, "late", SOON)}, {destination.sink(DELIVERY)} }}'
    program = started(w, script, 1).start()
    w.waits_for(lambda: "Unknown topic" in program.said(), "a word on the topic", within=30)
    kafka.create("late", partitions=2)
    kafka.produce("late", events.lines("a", range(100)))
    w.waits_for(lambda: len(destination.ledger) == 100, "events of the topic that was made", within=60)
    program.stop().exits(1)


@case
def a_reload_goes_on_where_the_old_script_was(w):
    kafka = Kafka(w)
    kafka.create("orders", partitions=4)
    destination = w.destination()
    script = 'p.pipeline "edge" {{ {}, p.filter "n >= {}", {} }}'
    sink = destination.sink(DELIVERY)
    producer = Producer(kafka, "orders").start()
    program = started(w, script.format(source(kafka, "orders"), 0, sink), 1).start()
    w.waits_for(lambda: len(destination.ledger) > 1000, "events", within=30)
    for floor, seconds in ((-1, 3), (-2, 0.1), (-3, 0.3), (-4, 3)):  # also while it is still joining its group
        w.script(script.format(source(kafka, "orders"), floor, sink))
        program.signal(signal.SIGHUP)
        program.lives_for(seconds)
    producer.stop()
    w.waits_for(lambda: destination.ledger.has(producer.accepted), lambda: missing(destination.ledger, producer, program), within=60)
    program.stop().exits(0).balances("edge")
    w.note(f"{len(producer.accepted)} events, {destination.ledger.duplicates()} arrived twice")


@case
def the_example_of_scaling_out_loses_nothing(w):
    kafka = Kafka(w)
    kafka.create("edge-logs", partitions=6)
    needs("curl", "curl"), needs("logger", "bsdutils")
    ports = {"PORT": str(w.free_port()), "SYSLOG_PORT": str(w.free_port())}
    said = w.call(ROOT / "examples/scale-out/demo", kafka.addresses(), w.program, within=120, env={**os.environ, **ports})
    assert b"1200 of 1200 errors arrived" in said, said.decode()
