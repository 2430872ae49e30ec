"""Objects in a real S3 store: what is in them, what is said when it refuses them, and what is there after crashes."""
import csv
import gzip
import io
import json
import random
import re
import shutil
import subprocess

from harness import events
from harness.faulty_store import FaultyStore
from harness.site import case
from harness.store import SECRET, Store


def store(w):
    (w.path / "secret").write_text(SECRET + "\n")
    return Store(w)


def run(w, sink):
    w.script(f'p.pipeline "edge" {{ workers = 1, p.source.file {{ path = "in.ndjson", follow = false }}, {sink} }}')
    return w.penstock("run", "script.lua", "--state", "state").start()


def unzstd(content):
    return subprocess.run([shutil.which("zstd") or "zstd", "-dc"], input=content, stdout=subprocess.PIPE, check=True).stdout


@case
def objects_are_what_their_headers_say(w):
    bucket = store(w)
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(1000)))
    kinds = [("ndjson", "gzip", "ndjson.gz", "application/x-ndjson", "gzip", gzip.decompress),
             ("json_array", "zstd", "json.zst", "application/json", "zstd", unzstd),
             ("csv", "none", "csv", "text/csv", None, bytes)]
    for format, compression, extension, content_type, encoding, plain in kinds:
        more = ', columns = { "s", "n" }' if format == "csv" else ""
        run(w, bucket.sink(f'prefix = "{format}", format = "{format}", compression = "{compression}"{more}')).ends().exits(0)
        shutil.rmtree(w.path / "state")
        (key,) = bucket.keys(format + "/")
        assert key.endswith("." + extension), key
        head = bucket.head(key)
        assert head["ContentType"].startswith(content_type), head
        assert head.get("ContentEncoding") == encoding, head
        text = plain(bucket.read()[key])
        if format == "csv":
            numbers = [int(row["n"]) for row in csv.DictReader(io.StringIO(text.decode()))]
        elif format == "json_array":
            numbers = [event["n"] for event in json.loads(text)]
        else:
            numbers = [json.loads(line)["n"] for line in text.splitlines()]
        assert numbers == list(range(1000)), f"{format}: {len(numbers)} events"


@case
def a_large_object_goes_in_parts(w):
    bucket = store(w)
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(200_000)))
    run(w, bucket.sink('compression = "none", multipart = { above = "5MiB", part = "5MiB" }')).ends().exits(0)
    (key,) = bucket.keys()
    assert bucket.head(key)["ContentLength"] == (w.path / "in.ndjson").stat().st_size
    assert bucket.read()[key] == (w.path / "in.ndjson").read_bytes()
    calls = (w.path / "access.log").read_text()
    assert "s3_CompleteMultipartUpload" in calls and "s3_PutObject" not in calls
    assert not bucket.open_uploads()


@case
def the_store_agrees_with_each_checksum(w):
    destination = w.runs_destination(FaultyStore(w, w.seed))
    bucket = destination.store
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(100_000)))
    headers = {"md5": "content-md5", "crc32c": "x-amz-checksum-crc32c"}
    for checksum in "md5", "crc32c", "none":
        for signed in "true", "false":
            prefix = f"{checksum}-{signed}"
            destination.requests.clear()
            run(w, destination.sink(f'prefix = "{prefix}", checksum = "{checksum}", sign_body = {signed}, batch = {{ bytes = "7MiB" }}, '
                                    'multipart = { above = "6MiB", part = "5MiB" }')).ends().exits(0)
            shutil.rmtree(w.path / "state")
            assert b"".join(sorted(bucket.read(prefix).values(), key=len, reverse=True)) == (w.path / "in.ndjson").read_bytes()
            puts = [sent for line, sent in destination.requests if line.startswith("PUT ")]
            assert len(puts) == 3, destination.requests  # two parts, and the small object
            for sent in puts:
                assert {name for name in headers.values() if name in sent} == ({headers[checksum]} if checksum in headers else set()), sent
                assert (sent["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD") == (signed == "false"), sent
            if checksum == "crc32c":
                for key in bucket.keys(prefix):
                    assert "ChecksumCRC32C" in bucket.client.head_object(Bucket="logs", Key=key, ChecksumMode="ENABLED")


@case
def the_first_events_time_names_the_object(w):
    bucket = store(w)
    (w.path / "in.ndjson").write_text('{"t":"2024-02-29T23:59:59+01:00"}\n{"t":"2024-03-01T00:00:00Z"}\n')
    run(w, bucket.sink('prefix = "p", time_field = "t"')).ends().exits(0)
    (key,) = bucket.keys()
    assert key.startswith("p/2024/02/29/22/edge-20240229T225959Z-"), key


@case
def refusals_say_what_to_do_and_lose_nothing(w):
    bucket = store(w)
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(10)))
    right = bucket.sink('pause = "1s"')
    wrong = [("SignatureDoesNotMatch.*hint: the secret is not this access key's", right.replace('p.secret "file:secret"', 'p.secret "file:wrong"')),
             ("NoSuchBucket.*hint: there is no such bucket", right.replace('bucket = "logs"', 'bucket = "nowhere"')),
             ("HTTP 404.*No user exists with the provided access key", right.replace("AKTEST", "AKNONE"))]
    (w.path / "wrong").write_text("not the secret\n")
    for says, sink in wrong:
        program = run(w, sink)
        w.waits_for(lambda: "paused, for this has to be mended" in program.said(), "a paused sink", within=20)
        program.kill()
        assert re.search(says, program.said()), program.said()
        assert SECRET not in program.said() and "not the secret" not in program.said()
        assert not bucket.keys()
    run(w, right.replace("eu-west-1", "us-east-1")).ends().exits(0).says(r'bucket logs is in eu-west-1, not in us-east-1: set region = "eu-west-1"')
    # A kill between spooling and the checkpoint may have left some in the spool that were read again.
    numbers = {json.loads(line)["n"] for content in bucket.read().values() for line in gzip.decompress(content).splitlines()}
    assert numbers == set(range(10)), numbers


@case
def multipart_uploads_over_kills_lose_and_tear_nothing(w):
    """Each object has three parts; the store fails in turn, too."""
    destination = w.runs_destination(FaultyStore(w, w.seed))
    bucket, ledger = destination.store, destination.ledger
    count = 600_000
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(count)))
    rng = random.Random(w.seed)
    w.script('p.pipeline "edge" { workers = 1, p.source.file { path = "in.ndjson", follow = false }, '
             + destination.sink('batch = { bytes = "12MiB" }, multipart = { above = "5MiB", part = "5MiB", at_once = 2 }, buffer = { type = "disk" }, '
                                'timeout = "5s", retry = { min = "20ms", max = "100ms" }, pause = "1s"') + " }")
    program = w.penstock("run", "script.lua", "--state", "state")
    destination.fail_in_turn(["500", "503", "400", "cut body", "cut answer", "stored but 500", "refuse"], requests_each=1, ok_requests=4)
    kills, midway = 0, 0
    while kills < w.kills // 4:
        program.start()
        w.waits_for(lambda: bucket.open_uploads() or not program.is_running(), "an upload in parts")
        try:
            program.process.wait(rng.uniform(0, 0.2))
            break  # it was done
        except subprocess.TimeoutExpired:
            program.kill()
            kills += 1
            midway += bool(bucket.open_uploads())
            destination.look()  # whatever is there is whole
    destination.behave_well()
    program.start()
    program.ends(120).exits(0)
    destination.look()
    assert not ledger.torn, ledger.torn[:3]
    assert not ledger.missing([("a", n) for n in range(count)])
    ledgers = "".join(path.read_text() for path in (w.path / "state/uploads").iterdir())
    assert not bucket.open_uploads(), f"{bucket.open_uploads()}, but {ledgers}"
    met = sum(count for name, count in destination.met.items() if name != "ok")
    assert midway and met, f"{midway} kills in the middle of an upload, {met} requests met a fault: this run has shown nothing"
    w.note(f"{kills} kills, {midway} of them in the middle of an upload, {met} requests met a fault, {ledger.duplicates()} events arrived twice, seed {w.seed}")
