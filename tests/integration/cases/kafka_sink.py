"""Messages in a real Kafka: what is in them, where they go, what is said when brokers refuse them, and what is there after crashes."""
import json
import random
import re
import time
import urllib.request

from harness import events, kafka_log
from harness.kafka import USERS, Kafka
from harness.site import case

QUICK = 'linger = "20ms", retry = { min = "20ms", max = "200ms" }, pause = "1s"'


def sink(kafka, topic, options="", listener="plain"):
    return f'p.sink.kafka {{ brokers = "{kafka.addresses(listener)}", topic = "{topic}", {QUICK}{", " if options else ""}{options} }}'


def run(w, what, source='p.source.file { path = "in.ndjson", follow = false }', stages="", options=()):
    w.script(f'p.pipeline "edge" {{ workers = 1, {source}, {stages} {what} }}')
    return w.penstock("run", "script.lua", "--state", "state", *options).start()


def write_events(w, count, sender="a"):
    (w.path / "in.ndjson").write_bytes(events.lines(sender, range(count)))


def whole(ledger, count, sender="a"):
    assert not ledger.torn, ledger.torn[:3]
    missing = ledger.missing([(sender, n) for n in range(count)])
    assert not missing, f"{len(missing)} of {count} are missing, such as {missing[:5]}"


@case
def messages_are_what_the_options_say(w):
    kafka = Kafka(w)
    for topic in ("plain", "parts", "logs-a", "logs-b", "batches", "lines"):
        kafka.create(topic)
    (w.path / "in.ndjson").write_text(
        '{"n":1,"host":"h1","service":"a","t":"2026-11-21T10:02:05.123Z","trace":"x","secret":1}\n{"n":2,"host":"","service":"b","t":1795255325}\n'
        '{"n":3,"service":"a","t":"no time","trace":null}\n{"n":4,"service":"c"}\n{"n":5}\n{"n":6,"service":"../etc"}\n')

    run(w, sink(kafka, "plain")).ends().exits(0)
    plain = kafka.consume("plain")
    assert sorted(json.loads(message.value)["n"] for message in plain) == [1, 2, 3, 4, 5, 6], plain
    assert all(message.key is None and message.headers == [] and abs(message.timestamp / 1000 - time.time()) < 120 for message in plain), plain

    w.call("rm", "-rf", "state")
    run(w, sink(kafka, "parts", 'key = "{host}", headers = { source = "edge", trace = "<{trace}>" }, timestamp = "t"'), stages='p.remove { "secret" },').ends().exits(0)
    parts = {json.loads(message.value)["n"]: message for message in kafka.consume("parts")}
    assert (parts[1].key, parts[1].headers, parts[1].timestamp) == ("h1", [("source", "edge"), ("trace", "<x>")], 1795255325123), parts[1]
    assert "secret" not in parts[1].value
    # kcat's JSON shows an empty key as it does a missing one only by its length: %K is -1 without a key.
    lengths = dict(line.split() for line in kafka.values("parts", "-f", '%s %K\n'.replace("%s", "%T")))
    assert (parts[2].headers, parts[2].timestamp) == ([("source", "edge")], 1795255325000), parts[2]
    assert lengths[b"1795255325000"] == b"0" and lengths[b"1795255325123"] == b"2", lengths
    assert parts[3].key is None and abs(parts[3].timestamp / 1000 - time.time()) < 120, parts[3]

    w.call("rm", "-rf", "state")
    said = run(w, sink(kafka, "logs-{service}")).ends().exits(1)
    for topic, numbers in (("logs-a", [1, 3]), ("logs-b", [2])):
        assert sorted(json.loads(value)["n"] for value in kafka.values(topic)) == numbers, kafka.values(topic)
    letters = w.run("dead-letter", "show", "--state", "state").stdout.decode()
    for reason in ("topic logs-c: Broker: Unknown topic or partition", "has no field service", 'topic \\"logs-../etc\\" has characters'):
        assert reason.replace('\\', '') in letters.replace('\\', ''), (reason, letters)
    assert said.counts("edge")["dead-lettered"] == 3

    w.call("rm", "-rf", "state")
    run(w, sink(kafka, "batches", 'mode = "batch", key = "all", headers = { kind = "ndjson" }')).ends().exits(0)
    (batch,) = kafka.consume("batches")
    assert batch.value == (w.path / "in.ndjson").read_text() and batch.key == "all" and batch.headers == [("kind", "ndjson")], batch

    w.call("rm", "-rf", "state")
    (w.path / "in.txt").write_text("first\nsecond\n")
    run(w, sink(kafka, "lines", 'format = "raw"'), source='p.source.file { path = "in.txt", format = "lines", follow = false }').ends().exits(0)
    assert sorted(kafka.values("lines")) == [b"first", b"second"]


@case
def every_compression_and_balancer_arrives_where_it_should(w):
    kafka = Kafka(w)
    write_events(w, 3000)
    def log_of(topic, codec, level=""):
        kafka.create(topic)
        run(w, sink(kafka, topic, f'compression = "{codec}"{level}')).ends().exits(0)
        whole(kafka.ledger(topic), 3000)
        w.call("rm", "-rf", "state")
        return kafka.segments(topic)

    for codec in kafka_log.CODECS:
        # As brokers have them: what reads a topic unpacks whatever comes.
        batches = [found for segment in log_of(codec, codec) for found in kafka_log.codecs(segment)]
        assert batches and set(batches) == {codec}, f"{codec}: {batches}"
    for codec, highest in (("gzip", 9), ("zstd", 12)):
        fast, small = (sum(segment.stat().st_size for segment in log_of(f"{codec}-{level}", codec, f", compression_level = {level}")) for level in (1, highest))
        assert small < fast, f"{codec}: {small} bytes by level {highest}, {fast} by level 1"
    # By the keys' worked examples of kafka-go, over 12 partitions.
    (w.path / "in.ndjson").write_text('{"k":"device-7"}\n{"k":"eu-west-1/app"}\n{"k":"alpha"}\n{"k":"tenant-0042"}\n')
    expected = {"hash": {"device-7": 5, "eu-west-1/app": 11}, "crc32": {"device-7": 8, "alpha": 10}, "murmur2": {"device-7": 3, "tenant-0042": 5},
                "round_robin": {"device-7": 0, "eu-west-1/app": 0, "alpha": 1, "tenant-0042": 1}, "least_bytes": {"device-7": 0, "eu-west-1/app": 1}}
    for balancer, partitions in expected.items():
        kafka.create(balancer, partitions=12)
        more = ", chunk_size = 2" if balancer == "round_robin" else ""
        run(w, sink(kafka, balancer, f'key = "{{k}}", balancer = "{balancer}"{more}')).ends().exits(0)
        found = {message.key: message.partition for message in kafka.consume(balancer)}
        assert {key: found[key] for key in partitions} == partitions, f"{balancer}: {found}"
        w.call("rm", "-rf", "state")


def secured(kafka, listener, mechanism, user, password="p.secret \"file:secret\""):
    files = kafka.certificates
    options = []
    if "tls" in listener:
        identity = f', cert = "{files["client.pem"]}", key = "{files["client.key"]}"' if listener == "mtls" else ""
        options.append(f'tls = {{ ca = "{files["ca.pem"]}"{identity} }}')
    if mechanism:
        options.append(f'sasl = {{ mechanism = "{mechanism}", user = "{user}", password = {password} }}')
    return ", ".join(options)


@case
def every_kind_of_security_is_spoken(w):
    kafka = Kafka(w, secure=True, configuration={"listener.name.sasl_tls.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512"})
    kafka.create("secure")
    (w.path / "secret").write_text(USERS["alice"] + "\n")
    kinds = [("plain", None), ("tls", None), ("mtls", None), ("sasl", "PLAIN"), ("sasl", "SCRAM-SHA-256"), ("sasl", "SCRAM-SHA-512"), ("sasl_tls", "PLAIN"),
             ("sasl_tls", "SCRAM-SHA-512")]
    for number, (listener, mechanism) in enumerate(kinds):
        write_events(w, 10, sender=f"s{number}")
        run(w, sink(kafka, "secure", secured(kafka, listener, mechanism, "alice"), listener=listener)).ends().exits(0)
        whole(kafka.ledger("secure"), 10, sender=f"s{number}")
        w.call("rm", "-rf", "state")


@case
def what_somebody_has_to_mend_pauses_and_loses_nothing(w):
    kafka = Kafka(w, secure=True, configuration={"listener.name.sasl_tls.sasl.enabled.mechanisms": "PLAIN"})
    kafka.create("edge")
    write_events(w, 10)
    (w.path / "secret").write_text(USERS["alice"] + "\n")
    (w.path / "wrong").write_text("not the word\n")
    (w.path / "bob").write_text(USERS["bob"] + "\n")
    right = sink(kafka, "edge", secured(kafka, "sasl", "PLAIN", "alice"), listener="sasl")
    port = w.free_port()
    wrong = [
        ("paused.*Authentication failed.*hint: see options sasl.user", right.replace("file:secret", "file:wrong")),
        ("paused.*(Unsupported|mechanism).*hint: see option", sink(kafka, "edge", secured(kafka, "sasl_tls", "SCRAM-SHA-256", "alice"), listener="sasl_tls")),
        ("paused.*topic nowhere: Broker: Unknown topic or partition.*hint: make the topic", right.replace('topic = "edge"', 'topic = "nowhere"')),
        ("paused.*Topic authorization failed.*hint: this user needs an ACL", right.replace('"alice"', '"bob"').replace("file:secret", "file:bob")),
        ("paused.*certificate verify failed.*hint: see option tls", sink(kafka, "edge", "tls = {}", listener="tls")),
        ("paused.*resolve.*hint: see option brokers", sink(kafka, "edge").replace(kafka.addresses(), "no-such-host.invalid:9092")),
        ("the destination fails.*Connection refused", sink(kafka, "edge").replace(kafka.addresses(), f"127.0.0.1:{port}")),
    ]
    for says, what in wrong:
        program = run(w, what)
        w.waits_for(lambda: re.search(says, program.said()), lambda: f"/{says}/ in:\n{program.said()}", within=30)
        program.kill()
        assert all(word not in program.said() for word in ("not the word", *USERS.values())), program.said()
    assert not kafka.values("edge")
    # What a killed run had spooled and what is read again come too.
    run(w, right).ends().exits(0)
    whole(kafka.ledger("edge"), 10)
    w.call("rm", "-rf", "state")
    # A file of options that is not there is told at once.
    run(w, sink(kafka, "edge", 'tls = { ca = "gone.pem" }', listener="tls")).ends().exits(2).says(r"option 'tls.ca': gone.pem: No such file or directory")


def trial(w, what):
    w.script(f'p.pipeline "edge" {{ workers = 1, p.source.file {{ path = "in.ndjson", follow = false }}, {what} }}')
    done = w.run("destination", "test", "script.lua")
    for word in ("not the word", *USERS.values()):
        done.never_says(re.escape(word))
    return done


@case
def brokers_are_tried_step_by_step(w):
    kafka = Kafka(w, secure=True)
    kafka.create("edge")
    (w.path / "secret").write_text(USERS["alice"] + "\n")
    (w.path / "wrong").write_text("not the word\n")
    plain, tls = sink(kafka, "edge"), sink(kafka, "edge", secured(kafka, "sasl_tls", "PLAIN", "alice"), listener="sasl_tls")
    dead = f"127.0.0.1:{w.free_port()}"
    taken = "ok    delivery +the test event was taken"

    trial(w, plain).exits(0).prints_like(r"^edge/0:kafka: kafka 127\.0\.0\.1", rf"^  ok    TCP +{kafka.addresses()} \([\d.]+ ?ms\)", taken)
    trial(w, plain.replace(kafka.addresses(), dead)).exits(1).prints_like("FAIL  TCP .*Connection refused", "-> nothing takes connections there", "-     delivery +not tried")
    # One of several is enough; it takes all of them to fail.
    trial(w, plain.replace(kafka.addresses(), f"{dead},{kafka.addresses()}")).exits(0).prints_like("warn  TCP .*Connection refused", "ok    TCP", taken)
    trial(w, plain.replace(kafka.addresses(), f"{dead},no-such-host.invalid:9092")).exits(1).prints_like("warn  TCP", "warn  DNS", "FAIL  delivery +not tried: none of 2 addresses")
    trial(w, plain.replace('topic = "edge"', 'topic = "nowhere"')).exits(1).prints_like("ok    TCP", "FAIL  delivery .*topic nowhere", "-> make the topic")

    trial(w, tls).exits(0).prints_like("ok    TCP", r"ok    TLS +TLSv1\.[23], CN=server by CN=Test CA, until 20", taken)
    trial(w, tls.replace("file:secret", "file:wrong")).exits(1).prints_like("ok    TLS", "FAIL  delivery .*Authentication failed", "-> see options sasl.user")
    trial(w, sink(kafka, "edge", "tls = {}", listener="tls")).exits(1).prints_like("FAIL  TLS .*unable to get local issuer", "-> give the authority that signed it", "-     delivery")
    trial(w, sink(kafka, "edge", secured(kafka, "mtls", None, None), listener="mtls")).exits(0).prints_like("ok    TLS", taken)
    # TLS where none is spoken.
    trial(w, sink(kafka, "edge", secured(kafka, "tls", None, None))).exits(1).prints_like("ok    TCP", "FAIL  TLS", "-     delivery")
    assert len(kafka.values("edge")) == 4 and all(json.loads(value)["penstock_test"] is True for value in kafka.values("edge"))


@case
def too_large_messages_are_buried_alone(w):
    kafka = Kafka(w)
    kafka.create("small", partitions=2, max_message_bytes=2000)
    ordinary = [events.event("a", n) for n in range(200)]
    large = b'{"large":"' + random.Random(w.seed).randbytes(3000).hex().encode() + b'"}'
    larger = b'{"larger":"' + random.Random(w.seed).randbytes(10_000).hex().encode() + b'"}'
    (w.path / "in.ndjson").write_bytes(b"\n".join([*ordinary[:100], large, larger, *ordinary[100:]]) + b"\n")
    # A batch is above the topic's bound although each of its messages is not.
    ended = run(w, sink(kafka, "small", 'compression = "none", max_message = "10KB"')).ends().exits(1)
    whole(kafka.ledger("small"), 200)
    assert len(kafka.values("small")) == 200
    assert ended.counts("edge")["dead-lettered"] == 2, ended.said
    letters = w.run("dead-letter", "show", "--state", "state").stdout.decode()
    assert "topic small: Broker: Message size too large" in letters, letters
    assert "larger than option 'max_message'" in letters, letters


@case
def a_topic_keeps_the_order_and_every_event_over_a_broker_that_is_killed(w):
    """One of three brokers at a time, each that leads the most; then the only one of one."""
    kafka = Kafka(w, brokers=3)
    kafka.create("order", partitions=3, min_insync_replicas=2)
    follow = 'p.source.file { path = "in.ndjson" }'
    (w.path / "in.ndjson").write_bytes(b"")
    program = run(w, sink(kafka, "order", 'key = "{s}", timeout = "60s"'), source=follow)
    written = 0

    def write(count):
        nonlocal written
        with open(w.path / "in.ndjson", "ab") as log:
            for n in range(written, written + count):
                log.write(b"".join(events.event(sender, n) + b"\n" for sender in ("a", "b", "c")))
        written += count

    write(2000)
    for broker in kafka.brokers:
        write(500)
        broker.kill()
        for _ in range(10):
            write(200)
            time.sleep(0.1)
        broker.start()
        kafka.wait_until_ready()
        w.waits_for(lambda: len(kafka.leaders("order")) == 3, "leaders of all partitions", within=60)
    w.waits_for(lambda: len(kafka.ledger("order")) == 3 * written, "every event in Kafka", within=90)
    program.stop().exits(0)
    messages = kafka.consume("order")
    assert len(messages) == 3 * written, f"{len(messages)} messages of {3 * written} events: idempotence"
    for sender in ("a", "b", "c"):
        numbers = [json.loads(message.value)["n"] for message in messages if message.key == sender]
        assert numbers == list(range(written)), f"{sender} is not in order"
    w.note(f"{3 * written} events, three brokers killed in turn, none twice, each key in order")


@case
def brokers_that_are_not_there_are_done_without(w):
    kafka = Kafka(w)
    kafka.create("edge")
    for number, gone in enumerate((f"127.0.0.1:{w.free_port()},127.0.0.1:{w.free_port()}", "no-such-host.invalid:9092", "no-such-host.invalid")):
        write_events(w, 100, sender=f"s{number}")
        run(w, sink(kafka, "edge").replace(kafka.addresses(), f"{gone},{kafka.addresses()}")).ends().exits(0)
        whole(kafka.ledger("edge"), 100, sender=f"s{number}")
        w.call("rm", "-rf", "state")


@case
def a_cluster_is_found_by_the_one_of_three_addresses_that_is_up(w):
    """Beside a broker of the cluster that is down, and one that has gone for good."""
    kafka = Kafka(w, brokers=3)
    kafka.create("edge", partitions=2, replicas=3)
    addresses = kafka.addresses()
    write_events(w, 100)
    # The second stays up, for one of three could not choose leaders, and is learnt from the third.
    kafka.brokers[0].kill()
    w.waits_for(lambda: len(kafka.leaders("edge")) == 2 and 1 not in kafka.leaders("edge").values(), "leaders that run", within=60)
    known = f"{kafka.brokers[0].address('plain')},127.0.0.1:{w.free_port()},{kafka.brokers[2].address('plain')}"
    run(w, sink(kafka, "edge").replace(addresses, known)).ends().exits(0)
    whole(kafka.ledger("edge"), 100)


@case
def a_partition_without_a_leader_is_waited_for(w):
    """What others of its batch are for arrives meanwhile, and nothing twice."""
    kafka = Kafka(w, brokers=3)
    kafka.create("edge", partitions=3, replicas=1)
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(300)))
    program = run(w, sink(kafka, "edge", 'balancer = "round_robin", timeout = "3s"'), source='p.source.file { path = "in.ndjson" }')
    w.waits_for(lambda: len(kafka.ledger("edge")) == 300, lambda: f"the first events\n{program.said()}", within=30)
    leaders = kafka.leaders("edge")
    down = next(broker for broker in kafka.brokers if broker.number == leaders[0])
    down.kill()
    w.append("in.ndjson", events.lines("a", range(300, 600)))
    w.waits_for(lambda: re.search("the destination fails.*topic edge: Local: Message timed out", program.said()), lambda: f"trouble to be told\n{program.said()}", within=60)
    down.start()
    kafka.wait_until_ready()
    w.waits_for(lambda: len(kafka.ledger("edge")) == 600, lambda: f"every event\n{program.said()}", within=60)
    assert len(kafka.values("edge")) == 600, f"{len(kafka.values('edge'))} messages of 600 events"
    program.stop().exits(0).says("delivers again").balances("edge")


@case
def a_topic_that_grows_shrinks_and_is_made_again_loses_nothing(w):
    kafka = Kafka(w)
    kafka.create("edge", partitions=2)
    (w.path / "in.ndjson").write_bytes(b"")
    program = run(w, sink(kafka, "edge", 'key = "{n}", timeout = "5s"'), source='p.source.file { path = "in.ndjson" }')
    written = 0

    def write(count):
        nonlocal written
        w.append("in.ndjson", events.lines("a", range(written, written + count)))
        written += count

    def arrived(first):
        wanted = {("a", n) for n in range(first, written)}
        return lambda: not kafka.ledger("edge").missing(wanted)

    write(500)
    w.waits_for(arrived(0), "the first events", within=30)
    kafka.grow("edge", 6)
    write(500)
    w.waits_for(arrived(0), lambda: f"events of the topic that grew\n{program.said()}", within=60)
    before = written
    kafka.delete("edge")
    write(500)
    w.waits_for(lambda: re.search("topic edge: .*hint: make the topic", program.said()), lambda: f"a word on the topic that is gone\n{program.said()}", within=60)
    kafka.create("edge", partitions=1)
    write(500)
    w.waits_for(arrived(before), lambda: f"events of the topic that was made again\n{program.said()}", within=90)
    program.stop().exits(0).says("delivers again").balances("edge")


@case
def rights_that_are_taken_away_pause_it_until_they_are_back(w):
    kafka = Kafka(w, secure=True)
    kafka.create("edge")
    for operation in ("write", "describe"):
        kafka.allow("bob", operation, "edge")
    (w.path / "secret").write_text(USERS["bob"] + "\n")
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(500)))
    what = sink(kafka, "edge", secured(kafka, "sasl", "SCRAM-SHA-256", "bob"), listener="sasl")
    program = run(w, what, source='p.source.file { path = "in.ndjson" }')
    w.waits_for(lambda: len(kafka.ledger("edge")) == 500, lambda: f"the first events\n{program.said()}", within=30)
    kafka.disallow("bob", "write", "edge")
    w.append("in.ndjson", events.lines("a", range(500, 1000)))
    w.waits_for(lambda: re.search("paused.*topic edge: .*Topic authorization failed.*hint: this user needs an ACL", program.said()),
                lambda: f"a pause that is told\n{program.said()}", within=30)
    assert len(kafka.ledger("edge")) == 500
    kafka.allow("bob", "write", "edge")
    w.waits_for(lambda: len(kafka.ledger("edge")) == 1000, lambda: f"every event\n{program.said()}", within=60)
    program.stop().exits(0).says("delivers again").balances("edge")
    whole(kafka.ledger("edge"), 1000)


@case
def a_broker_that_is_away_for_long_finds_everything_when_it_is_back(w):
    """Longer than `timeout`, so that batches come back from librdkafka and wait in the spool."""
    kafka = Kafka(w)
    kafka.create("edge")
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(1000)))
    admin = w.free_port()
    program = run(w, sink(kafka, "edge", 'timeout = "2s", batch = { events = 200 }'), source='p.source.file { path = "in.ndjson" }', options=("--admin", f"127.0.0.1:{admin}"))
    w.waits_for(lambda: len(kafka.ledger("edge")) == 1000, "the first events", within=30)
    kafka.brokers[0].kill()
    w.append("in.ndjson", events.lines("a", range(1000, 3000)))
    w.waits_for(lambda: "the destination fails" in program.said(), lambda: f"trouble to be told:\n{program.said()}", within=60)
    w.waits_for(lambda: any((w.path / "state/spool").rglob("*.package")), "batches in the spool", within=30)
    kafka.brokers[0].start()
    kafka.wait_until_ready()
    w.waits_for(lambda: len(kafka.ledger("edge")) == 3000, lambda: f"every event in Kafka: {len(kafka.ledger('edge'))}\n{program.said()}", within=60)
    program.stop().exits(0).says("delivers again").balances("edge")
    whole(kafka.ledger("edge"), 3000)


@case
def ckafka_is_spoken_to_as_its_users_are_named(w):
    USERS["ckafka-8x2mzk9p#logs"] = "ck-pw"
    kafka = Kafka(w, secure=True)
    kafka.create("audit")
    kafka.allow("ckafka-8x2mzk9p#logs", "write", "audit")
    kafka.allow("ckafka-8x2mzk9p#logs", "describe", "audit")
    write_events(w, 100)
    (w.path / "secret").write_text("ck-pw\n")
    what = (f'p.sink.ckafka {{ instance = "ckafka-8x2mzk9p", user = "logs", password = p.secret "file:secret", route = "{kafka.addresses("sasl")}", topic = "audit", {QUICK} }}')
    run(w, what).ends().exits(0)
    whole(kafka.ledger("audit"), 100)


@case
def the_librarys_statistics_are_in_the_metrics(w):
    kafka = Kafka(w)
    kafka.create("edge")
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(1000)))
    admin = w.free_port()
    program = run(w, sink(kafka, "edge"), source='p.source.file { path = "in.ndjson" }', options=("--admin", f"127.0.0.1:{admin}"))

    def metrics():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{admin}/metrics", timeout=10) as answer:
                return answer.read().decode()
        except OSError:
            return ""  # it does not listen yet

    w.waits_for(lambda: "penstock_kafka_sent_messages_total" in metrics(), "librdkafka's numbers", within=20)
    text = metrics()
    broker = f'broker="{kafka.addresses()}"'
    assert re.search(r'penstock_kafka_broker_up\{pipeline="edge",sink="0:kafka",worker="0",' + re.escape(broker) + r"\} 1\n", text), text[-3000:]
    assert re.search(r'penstock_kafka_sent_messages_total\{[^}]*\} 1000\n', text), text[-3000:]
    program.stop().exits(0)
