"""p.source.s3 from a real S3 store: every object is read, once, whatever comes between. p.source.oss from a stand-in that checks signatures."""
import gzip
import itertools
import json
import random
import shutil
import signal
import subprocess
import time
import zlib

from harness import events, metrics
from harness.crash import DELIVERY, CrashRun
from harness.faulty_store import FaultyStore
from harness.oss import SECRET as OSS_SECRET
from harness.oss import Oss
from harness.site import case
from harness.store import SECRET, Store


def store(w):
    (w.path / "secret").write_text(SECRET + "\n")
    return Store(w)


def reads(w, source, *options, sink='p.sink.file { path = "out.ndjson" }', within=60):
    """A run to its end. -> how it ended"""
    w.script(f'p.pipeline "back" {{ {source}, {sink} }}')
    return w.penstock("run", "script.lua", "--state", "state", "--workers", "1", *options).start().ends(within)


def numbers(w, name="out.ndjson"):
    return [json.loads(line)["n"] for line in w.read(name).splitlines()]


def snappy_block(plain):
    """format_description.txt of google/snappy: the size, and literals of at most 64 KiB."""
    out, size = b"", len(plain)
    while size >= 0x80:
        out, size = out + bytes([size & 0x7F | 0x80]), size >> 7
    out += bytes([size])
    for at in range(0, len(plain), 65536):
        piece = plain[at : at + 65536]
        out += bytes([61 << 2]) + (len(piece) - 1).to_bytes(2, "little") + piece
    return out


def zstd(plain):
    return subprocess.run([shutil.which("zstd") or "zstd", "-qc"], input=plain, stdout=subprocess.PIPE, check=True).stdout


@case
def every_encoding_is_told_and_decoded(w):
    bucket = store(w)
    of = lambda part: events.lines("a", range(part * 1000, part * 1000 + 1000))
    bucket.put("logs/0.ndjson", of(0))
    bucket.put("logs/1.ndjson.gz", gzip.compress(of(1)))
    bucket.put("logs/2 without an ending+\u00e9", gzip.compress(of(2)[:9000]) + gzip.compress(of(2)[9000:]), ContentEncoding="gzip")
    bucket.put("logs/3.zst", zstd(of(3)))
    bucket.put("logs/4", zlib.compress(of(4)), ContentEncoding="deflate")
    bucket.put("logs/5", snappy_block(of(5)), ContentEncoding="snappy")
    bucket.put("logs/6.ndjson.gz", of(6))  # its name is wrong
    bucket.put("logs/7", b"[" + b",".join(of(7).splitlines()) + b"]")
    bucket.put("logs/empty.gz", b"")
    bucket.put("other/8", of(8))
    reads(w, bucket.source('prefix = "logs/", follow = false, piece = "64KiB"')).exits(0).balances("back")
    assert sorted(numbers(w)) == list(range(8000)), len(numbers(w))


@case
def what_the_sinks_wrote_is_read_again(w):
    bucket = store(w)
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(20_000)))
    for format, compression in [("ndjson", "gzip"), ("ndjson", "zstd"), ("ndjson", "snappy"), ("ndjson", "none"), ("json_array", "gzip"), ("csv", "gzip")]:
        prefix = f"{format}-{compression}/"
        columns = ', columns = { "s", "n", "pad", "end" }' if format == "csv" else ""
        w.script('p.pipeline "there" { p.source.file { path = "in.ndjson", follow = false }, '
                 + bucket.sink(f'prefix = "{prefix}", format = "{format}", compression = "{compression}", batch = {{ events = 6000 }}{columns}') + " }")
        w.penstock("run", "script.lua", "--state", "there", "--workers", "1").start().ends().exits(0)
        shutil.rmtree(w.path / "there")
        reads(w, bucket.source(f'prefix = "{prefix}", follow = false, format = "{"csv" if format == "csv" else "json"}"')).exits(0).balances("back")
        assert sorted(map(int, numbers(w))) == list(range(20_000)), f"{prefix}: {len(numbers(w))}"
        shutil.rmtree(w.path / "state")
        (w.path / "out.ndjson").unlink()


@case
def more_objects_than_a_page_are_read_once(w):
    bucket = store(w)
    count = 2300
    for n in range(count):
        bucket.put(f"logs/{n % 7}/{n:05d}.ndjson" + (".skip" if n % 100 == 0 else ""), events.lines("a", [n]))
    for workers in "1", "3":
        shutil.rmtree(w.path / "state", ignore_errors=True)
        (w.path / "out.ndjson").unlink(missing_ok=True)
        source = bucket.source('prefix = "logs/", match = "*.ndjson", exclude = "logs/3/**", start_after = "logs/0/01", follow = false')
        w.script(f'p.pipeline "back" {{ {source}, p.sink.file {{ path = "out-{{worker}}.ndjson" }} }}')
        w.penstock("run", "script.lua", "--state", "state", "--workers", workers).start().ends().exits(0).balances("back")
        got = sorted(n for name in w.path.glob("out-*.ndjson") for n in numbers(w, name.name))
        expected = [n for n in range(count) if n % 100 and n % 7 != 3 and f"logs/{n % 7}/{n:05d}" > "logs/0/01"]
        assert got == expected, f"{workers} workers: {len(got)} of {len(expected)}"
        # Again: nothing is new.
        ended = w.penstock("run", "script.lua", "--state", "state", "--workers", workers).start().ends().exits(0)
        assert ended.counts("back")["events read"] == 0, ended.said
        for name in w.path.glob("out-*.ndjson"):
            name.unlink()


@case
def new_objects_are_found_wherever_their_keys_are(w):
    bucket = store(w)
    bucket.put("logs/m", events.lines("a", [1]))
    w.script('p.pipeline "back" { ' + bucket.source('prefix = "logs/", poll = "200ms"') + ', p.sink.file { path = "out.ndjson", linger = "50ms" } }')
    program = w.penstock("run", "script.lua", "--state", "state", "--workers", "2").start()
    have = lambda *wanted: w.waits_for(lambda: (w.path / "out.ndjson").exists() and sorted(numbers(w)) == sorted(wanted), f"the events {wanted}")
    have(1)
    bucket.put("logs/z", events.lines("a", [2]))
    bucket.put("logs/a/b/c", events.lines("a", [3]))
    have(1, 2, 3)
    bucket.put("logs/m", events.lines("a", [4]))  # another version
    have(1, 2, 3, 4)
    program.stop().exits(0)
    bucket.put("logs/b", events.lines("a", [5]))
    program.start()
    have(1, 2, 3, 4, 5)
    time.sleep(1)
    have(1, 2, 3, 4, 5)
    program.stop().exits(0)


@case
def the_metrics_say_how_far_behind_it_is(w):
    bucket, count, each = store(w), 8, 5000
    contents = [events.lines("a", range(n * each, (n + 1) * each)) for n in range(count)]
    for n, content in enumerate(contents):
        bucket.put(f"logs/{n}", content)
    destination = w.destination()
    destination.behave("refuse")
    admin = w.free_port()
    small = f'{DELIVERY}, buffer = {{ max_bytes = "256KiB" }}, on_full = "block"'
    w.script(f'p.pipeline "back" {{ {bucket.source("concurrency = 1")}, p.sink.http {{ url = "{destination.url}", {small} }} }}')
    program = w.penstock("run", "script.lua", "--state", "state", "--workers", "2", "--admin", f"127.0.0.1:{admin}").start()

    def lag():
        try:
            told = metrics.read(admin)
        except OSError:
            return None  # it does not listen yet
        return [told.get(f"penstock_object_{name}") for name in ("lag_objects", "waiting_objects", "waiting_bytes")]

    # Each worker holds one that nobody takes.
    w.waits_for(lambda: lag() == [count, count - 2, sum(map(len, contents[2:]))], lambda: f"what waits to be told: {lag()}", within=20)
    destination.behave("ok")
    w.waits_for(lambda: destination.ledger.has([("a", n) for n in range(count * each)]), "every event", within=60)
    w.waits_for(lambda: lag() == [0, 0, 0], lambda: f"nothing to wait: {lag()}", within=20)
    program.stop().exits(0).balances("back")


@case
def a_reload_goes_on_where_the_old_version_stopped(w):
    """Without a state directory, too."""
    bucket = store(w)
    script = 'p.pipeline "back" { ' + bucket.source('poll = "100ms", concurrency = 2, piece = "64KiB"') + ', %s p.sink.file { path = "out.ndjson", linger = "50ms" } }'
    w.script(script % "")
    program = w.penstock("run", "script.lua", "--workers", "2").start()
    count = 0
    for version in range(5):
        for size in 3000, 10, 2000:
            bucket.put(f"{7 - version}/{size}", events.lines("a", range(count, count + size)))
            count += size
        w.waits_for(lambda: (w.path / "out.ndjson").exists() and len(numbers(w)) > count - 4000, "some events")
        w.script(script % f"p.set {{ version = {version} }},")
        program.signal(signal.SIGHUP)
    w.waits_for(lambda: len(numbers(w)) >= count, f"{count} events")
    program.stop().exits(0)
    assert sorted(numbers(w)) == list(range(count)), len(numbers(w))
    assert program.said().count("1 replaced") >= 4, program.said()


@case
def damaged_objects_are_told_and_the_others_are_read(w):
    bucket = store(w)
    good = events.lines("a", range(5000))
    packed = gzip.compress(good)
    bucket.put("1-cut.gz", packed[: len(packed) // 2])
    bucket.put("2-damaged.gz", packed[:200] + b"\0" * 100 + packed[300:])
    bucket.put("3-garbage.gz", random.Random(w.seed).randbytes(5000))
    bucket.put("4-huge-line", b'{"pad":"' + b"x" * 3_000_000 + b'"}\n' + events.lines("b", [5001]))
    bucket.put("5-no-json", b"not json\n" + events.lines("b", [5002]))
    bucket.put("6-good", events.lines("b", range(6000, 6010)))
    ended = reads(w, bucket.source("follow = false")).exits(1).balances("back")
    ended.says(r"s3://logs/1-cut\.gz: ends in the middle of its compressed data, at compressed byte \d+", r"s3://logs/2-damaged\.gz: gzip: .* at compressed byte \d+",
               r"s3://logs/3-garbage\.gz: .*at compressed byte")
    got = set(numbers(w))
    assert {5001, 5002, *range(6000, 6010)} <= got and len(got & set(range(5000))) > 100, len(got)
    letters = w.run("dead-letter", "show", "--state", "state").stdout.decode()
    assert "s3://logs/4-huge-line" in letters and "s3://logs/5-no-json" in letters, letters
    # They are not read again and again.
    ended = w.penstock("run", "script.lua", "--state", "state").start().ends().exits(0)
    assert ended.counts("back")["events read"] == 0, ended.said


@case
def refusals_say_what_to_do(w):
    bucket = store(w)
    bucket.put("k", events.lines("a", [1]))
    (w.path / "wrong").write_text("not the secret\n")
    right = bucket.source("follow = false")
    wrong = [("SignatureDoesNotMatch.*hint: the secret is not this access key's", right.replace('p.secret "file:secret"', 'p.secret "file:wrong"')),
             ("NoSuchBucket.*hint: there is no such bucket", right.replace('bucket = "logs"', 'bucket = "nowhere"'))]
    for says, source in wrong:
        for workers in "1", "2":
            w.script(f'p.pipeline "back" {{ {source}, p.sink.file {{ path = "out.ndjson" }} }}')
            ended = w.penstock("run", "script.lua", "--state", "state", "--workers", workers).start().ends().exits(1).says(says)
            assert SECRET not in ended.said and "not the secret" not in ended.said
    reads(w, bucket.source('prefix = "no/such", follow = false')).exits(0).says("no object begins with s3://logs/no/such")
    reads(w, right.replace("eu-west-1", "us-east-1")).exits(0).says(r'bucket logs is in eu-west-1, not in us-east-1: set region = "eu-west-1"')
    assert numbers(w) == [1]
    # Who follows waits for it to be mended.
    w.script('p.pipeline "back" { ' + bucket.source('poll = "200ms"').replace("AKTEST", "AKNONE") + ', p.sink.file { path = "out.ndjson" } }')
    program = w.penstock("run", "script.lua", "--workers", "1").start()
    w.waits_for(lambda: "trying again every 30 s" in program.said(), "a pause")
    program.stop().exits(0)


@case
def a_large_object_is_never_in_memory(w):
    bucket = store(w)
    plain = b"".join(events.lines("a", range(n, n + 50_000)) for n in range(0, 1_000_000, 50_000))
    bucket.put("plain.ndjson", plain)
    bucket.put("packed.ndjson.gz", gzip.compress(plain, 1))
    w.script('p.pipeline "back" { ' + bucket.source("follow = false") + ", p.sink.blackhole {} }")
    program = w.penstock("run", "script.lua", "--workers", "1").start()
    while program.is_running():
        program.note_memory()
        time.sleep(0.02)
    counts = program.ends().exits(0).balances("back").counts("back")
    assert counts["events read"] == 2_000_000, counts
    assert program.rss_max < 120 * 1024 * 1024, program.rss_max
    w.note(f"{len(plain) >> 20} MiB twice, at most {program.rss_max >> 20} MiB of memory")


class Bucketful:
    """Objects with numbered events: lines and arrays, plain and compressed, small ones and some of many pieces; more of them all the time."""

    def __init__(self, bucket, seed):
        self.bucket, self.random = bucket, random.Random(f"{seed} objects")
        self.ends = {}  # key -> {the number of an event: where it ends in the object, decompressed}
        self.count = 0

    def add(self, events_most=400):
        opening, between, closing = self.random.choice([(b"", b"\n", b"\n"), (b"[", b",\n", b"]")])
        numbers = range(self.count, self.count + self.random.randrange(1, events_most))
        self.count = numbers.stop
        entries = [events.event("a", n) for n in numbers]
        text = opening + between.join(entries) + closing
        coded = self.random.random() < 0.5
        key = f"host-{self.random.randrange(4)}/{len(self.ends):05d}{'.gz' if coded else ''}"
        self.bucket.put(key, gzip.compress(text, mtime=0) if coded else text)
        offsets = itertools.accumulate((len(entry) + len(between) for entry in entries), initial=len(opening))
        self.ends[key] = {n: at + len(entry) for n, at, entry in zip(numbers, offsets, entries)}

    def keys(self):
        return [("a", n) for n in range(self.count)]


def done_by_state(w, bucketful):
    """Numbers of the events that the committed positions say to be done."""
    done = set()
    for line in w.run("state", "list", "--state", "state").stdout.decode().splitlines():
        _, _, name, position, _ = line.split("  ")
        position = int(position.split()[1])
        done.update(n for n, end in bucketful.ends.get(name.removeprefix("s3://logs/"), {}).items() if end <= position)
    return done


@case
def kills_lose_nothing(w):
    """The destination fails in turn, the program is killed again and again: what a position said to be done does not come again."""
    bucket = store(w)
    bucketful = Bucketful(bucket, w.seed)
    bucketful.add(20_000)
    run = CrashRun(w, bucket.source('prefix = "host-", poll = "100ms", piece = "64KiB", concurrency = 3'), "memory")
    done = []

    def before_kill():
        for _ in range(run.random.randrange(4)):
            bucketful.add()

    run.kill_again_and_again(before_kill=before_kill, after_kill=lambda: done.append(done_by_state(w, bucketful)))
    run.wait_for(bucketful.keys(), within=120)
    run.finish()
    again = sum(1 for (_, n), lives in run.ledger.arrivals() for life in lives[1:] if life and n in done[life - 1])
    assert again == 0, f"{again} events were sent again that a position had said to be done"
    unknown = sum(1 for (_, n), lives in run.ledger.arrivals() for life in set(lives) if life < run.kills and n not in done[life])
    run.twice_at_most(unknown + run.in_flight_at_kills(), "what had arrived beyond the positions at each kill")
    run.tell(bucketful.count, unknown)


@case
def a_store_that_fails_in_turn_is_read_whole(w):
    faulty = w.runs_destination(FaultyStore(w, w.seed))
    bucketful = Bucketful(faulty.store, w.seed)
    for _ in range(40):
        bucketful.add()
    bucketful.add(10_000)
    faulty.fail_in_turn(faults=["refuse", "hang", "cut answer", "500", "503", "400", "slow"])
    source = faulty.store.source('follow = false, timeout = "1s", piece = "64KiB"', url=faulty.url)
    reads(w, source, within=200).exits(0).balances("back")
    assert sorted(numbers(w)) == list(range(bucketful.count)), len(numbers(w))


@case
def oss_is_listed_and_read_with_both_signatures(w):
    (w.path / "secret").write_text(OSS_SECRET + "\n")
    for signature in "v4", "v1":
        server = Oss(clock_offset=3600)
        w.finally_do(server.stop)
        shutil.rmtree(w.path / "state", ignore_errors=True)
        (w.path / "out.ndjson").unlink(missing_ok=True)
        for n in range(1020):
            server.put_object(f"a b+\u00e9/{n:04d}.ndjson.gz", gzip.compress(events.lines("a", [n])))
        server.put_object("a b+\u00e9/large", events.lines("a", range(1020, 3000)), **{"Content-Encoding": "identity"})
        server.put_object("c/other", b"not read")
        source = server.source(f'prefix = "a b+\\u{{e9}}/", signature = "{signature}", follow = false, piece = "64KiB"')
        reads(w, source).exits(0).balances("back").says("behind the store's")
        assert sorted(numbers(w)) == list(range(3000)), len(numbers(w))
        assert server.signatures == {signature} and set(server.refused) == {"RequestTimeTooSkewed"}, server.refused
        assert len(server.lists) == 2 and "continuation-token" in server.lists[1]
        # Busy, and new objects, and one that is overwritten.
        server.busy = 3
        server.put_object("a b+\u00e9/0000.ndjson.gz", gzip.compress(events.lines("a", [3000])))
        ended = w.penstock("run", "script.lua", "--state", "state", "--workers", "1").start().ends().exits(0)
        assert ended.counts("back")["events read"] == 1, ended.said
        assert "SlowDown" in server.refused
