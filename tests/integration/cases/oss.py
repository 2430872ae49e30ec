"""p.sink.oss against a stand-in that checks both of OSS's signatures."""
import gzip

from harness import events
from harness.oss import SECRET, Oss
from harness.site import case


def oss(w, **options):
    (w.path / "secret").write_text(SECRET + "\n")
    server = Oss(**options)
    w.finally_do(server.stop)
    return server


def run(w, sink):
    w.script(f'p.pipeline "edge" {{ workers = 1, p.source.file {{ path = "in.ndjson", follow = false }}, {sink} }}')
    return w.penstock("run", "script.lua", "--state", "state").start()


def put_events(w, server, options, count=1000):
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(count)))
    return run(w, server.sink(options)).ends().exits(0)


@case
def both_signatures_are_right(w):
    for signature in "v4", "v1":
        server = oss(w)
        w.call("rm", "-rf", "state")
        put_events(w, server, f'prefix = "a b+c/\\u{{e9}}", signature = "{signature}", encryption = {{ type = "AES256" }}')
        assert server.signatures == {signature} and not server.refused, server.refused
        ((key, body),) = server.objects.items()
        assert key.startswith("a b+c/\u00e9/"), key
        assert gzip.decompress(body) == events.lines("a", range(1000))
        assert server.headers[key]["x-oss-server-side-encryption"] == "AES256"
        assert "x-oss-request-payer" not in {name.lower() for name in server.headers[key]}


@case
def parts_are_signed_too(w):
    for signature in "v4", "v1":
        server = oss(w)
        w.call("rm", "-rf", "state")
        put_events(w, server, f'signature = "{signature}", compression = "none", multipart = {{ above = "5MiB", part = "5MiB" }}', count=100_000)
        ((_, body),) = server.objects.items()
        assert body == events.lines("a", range(100_000)) and not server.uploads and not server.refused, server.refused


@case
def a_clock_that_is_an_hour_off_is_corrected(w):
    for signature in "v4", "v1":
        server = oss(w, clock_offset=3600)
        w.call("rm", "-rf", "state")
        put_events(w, server, f'signature = "{signature}"').says(r"this machine's clock is (1h 0m|59m \d+s) behind the store's")
        assert server.refused == ["RequestTimeTooSkewed"], server.refused
        assert len(server.objects) == 1


@case
def a_busy_store_is_asked_again(w):
    server = oss(w)
    server.busy = 4
    put_events(w, server, 'retry = { min = "10ms", max = "100ms" }')
    assert server.refused == ["SlowDown"] * 4 and len(server.objects) == 1


@case
def a_bucket_that_demands_encryption_says_so_and_gets_it(w):
    server = oss(w)
    server.wants_encryption = True
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(10)))
    program = run(w, server.sink('pause = "1s"'))
    w.waits_for(lambda: "paused" in program.said(), "a paused sink")
    assert "see whether its policy asks for encryption" in program.said()
    program.kill()
    put_events(w, server, 'encryption = { type = "AES256" }')
    # What the killed process spooled comes too.
    arrived = {line for body in server.objects.values() for line in gzip.decompress(body).splitlines()}
    assert arrived == set(events.lines("a", range(1000)).splitlines()), len(arrived)
