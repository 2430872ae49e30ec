"""What a store may refuse, what is said, and that nothing is lost: a real store behind a proxy that refuses as AWS does where the real one
cannot be made to."""
import gzip
import json

from harness import events, peers
from harness.clouds import BASE_ID, BASE_SECRET, EXTERNAL_ID, Clouds
from harness.faulty_store import FaultyStore, refusal
from harness.site import case
from harness.store import KEY, REGION, SECRET, Store

ALL = set(range(100))


def refusing(w, answer):
    """A store whose proxy first asks `answer(request)`: what it gives is sent, or None passes the request on."""

    destination = FaultyStore(w, w.seed)
    refuse_by(destination, answer)
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(100)))
    return w.runs_destination(destination)


def refuse_by(destination, answer):
    def treat(store, request):
        body = request.body()
        said = answer(request)
        if said:
            request.connection.send(said)
        else:
            store.accept(request, body)

    destination.BEHAVIOURS = {**FaultyStore.BEHAVIOURS, "ok": treat}


def run(w, sink, env=None, state="state"):
    w.script(f'p.pipeline "edge" {{ workers = 1, p.source.file {{ path = "in.ndjson", follow = false }}, {sink} }}')
    return w.penstock("run", "script.lua", "--state", state, env={"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(w.path), **(env or {})}).start()


def paused(w, program, *says):
    w.waits_for(lambda: "paused, for this has to be mended" in program.said(), "a paused sink", within=20)
    for text in says:
        assert text in program.said(), f"expected {text!r} in:\n{program.said()}"
    assert SECRET not in program.said() and BASE_SECRET not in program.said()


def arrived(store):
    return {json.loads(line)["n"] for content in store.read().values() for line in (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).splitlines()}


@case
def a_storm_of_slow_down_is_sat_out(w):
    left = [60]

    def answer(request):
        left[0] -= 1
        return refusal(503, "Slow Down", "SlowDown") if left[0] >= 0 else None

    destination = refusing(w, answer)
    run(w, destination.sink('batch = { events = 10 }, concurrency = 8, retry = { min = "10ms", max = "40ms" }')).ends(60).exits(0)
    assert arrived(destination.store) == ALL and len(destination.store.keys()) == 10


@case
def an_expired_token_is_told_and_with_a_role_new_keys_are_fetched(w):
    """The store has no sessions, so the proxy plays that the first one has expired."""
    seen = []

    def answer(request):
        credential = request.headers["authorization"]
        seen.append(credential)
        return refusal(400, "Bad Request", "ExpiredToken") if len(seen) <= 2 else None

    destination = refusing(w, answer)
    program = run(w, destination.sink('pause = "1s"'))
    paused(w, program, "HTTP 400 ExpiredToken", "the session token has expired: give new keys")
    program.kill()
    seen.clear()

    clouds = Clouds()
    w.finally_do(clouds.stop)
    (w.path / "base").write_text(BASE_SECRET)
    role = f'access_key_id = "{BASE_ID}", secret_access_key = p.secret "file:base", role_arn = "arn:r", external_id = "{EXTERNAL_ID}", sts_endpoint = "{clouds.url}/sts"'
    sink = (f'p.sink.s3 {{ bucket = "logs", endpoint = "{destination.url}", region = "{REGION}", compression = "none", retry = {{ min = "10ms", max = "50ms" }}, pause = "1s", '
            f'credentials = {{ {role} }} }}')
    run(w, sink, state="fresh").ends(60).exits(0)
    assert len(clouds.calls) >= 2, clouds.calls
    assert arrived(destination.store) == ALL


@case
def a_redirect_to_the_right_region_is_taken_and_one_to_nowhere_is_told(w):
    def to_region(request):
        if f"/{REGION}/s3/" in request.headers["authorization"]:
            return None
        return refusal(301, "Moved Permanently", "PermanentRedirect", f"x-amz-bucket-region: {REGION}")

    destination = refusing(w, to_region)
    wrong = destination.sink('pause = "1s"').replace(f'region = "{REGION}"', 'region = "us-east-1"')
    run(w, wrong).ends().exits(0).says(rf'bucket logs is in {REGION}, not in us-east-1: set region = "{REGION}"')
    assert arrived(destination.store) == ALL

    refuse_by(destination, lambda request: refusal(307, "Temporary Redirect", "Moved", "Location: https://store.example.com/logs/x?token=t"))
    program = run(w, destination.sink('pause = "1s"'), state="other")
    paused(w, program, "HTTP 307", "it sends us to https://store.example.com/logs/x: check endpoint")
    assert "token=t" not in program.said()
    program.kill()


@case
def a_bucket_that_demands_encryption_says_so_and_takes_it(w):
    def answer(request):
        return None if request.headers.get("x-amz-server-side-encryption") == "AES256" else refusal(403, "Forbidden", "AccessDenied")

    destination = refusing(w, answer)
    program = run(w, destination.sink('pause = "1s"'))
    paused(w, program, "AccessDenied", "see whether its policy asks for encryption")
    program.kill()
    assert not destination.store.keys()
    run(w, destination.sink('encryption = { type = "AES256" }')).ends().exits(0)
    assert arrived(destination.store) == ALL


@case
def a_clock_that_is_an_hour_off_is_corrected_by_the_stores(w):
    """The program's clock is wrong for real; the store checks the date that it signs."""
    library = peers.needs_library("faketime/libfaketimeMT.so.1", "libfaketime")
    store = Store(w)
    (w.path / "secret").write_text(SECRET)
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(100)))
    for shift, word in ("-1h", "behind"), ("+1h", "ahead of"):
        w.call("rm", "-rf", "state")
        ended = run(w, store.sink('retry = { min = "10ms", max = "50ms" }'), env={"LD_PRELOAD": library, "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}).ends(60)
        ended.exits(0).says(rf"this machine's clock is (1h 0m|59m \d+s) {word} the store's")
    assert arrived(store) == ALL and len(store.keys()) == 2


@case
def buckets_are_also_addressed_by_their_hosts_name(w):
    store = Store(w, "--virtual-domain", "localhost")
    (w.path / "secret").write_text(SECRET)
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(100)))
    sink = store.sink('addressing = "virtual"', url=f"http://localhost:{store.port}")
    run(w, sink).ends().exits(0)
    assert arrived(store) == ALL
