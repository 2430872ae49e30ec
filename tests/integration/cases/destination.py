"""penstock destination: verify, test and policy against real servers, and what they say when something is wrong."""
import gzip
import http.server
import json
import re
import socket
import ssl
import threading

from harness import events, peers
from harness.oss import Oss
from harness.oss import SECRET as OSS_SECRET
from harness.site import case
from harness.store import SECRET, Store

DEAD = "127.0.0.1:1"  # nobody listens there


def store(w):
    (w.path / "secret").write_text(SECRET + "\n")
    return Store(w)


def pipeline(w, *sinks):
    w.script(f'p.pipeline "edge" {{ workers = 1, p.source.file {{ path = "in.ndjson", follow = false }}, {", ".join(sinks)} }}')


def destination(w, verb, *options):
    done = w.run("destination", verb, "script.lua", *options)
    for secret in SECRET, OSS_SECRET:
        done.never_says(re.escape(secret))
    return done


def trial(w, *sinks):
    pipeline(w, *sinks)
    return destination(w, "test")


# ---- verify ----


def written_token(bucket, done):
    """-> (key, text) of the file that verify names"""
    key = re.search(r"s3://logs/(\S+\.txt)", done.stdout.decode())[1]
    text = bucket.client.get_object(Bucket="logs", Key=key)["Body"].read().decode()
    assert re.fullmatch(r"[0-9a-f]{48}\n", text), text
    done.never_says(text.strip())
    return key, text


@case
def nothing_is_delivered_before_the_token_came_back(w):
    bucket = store(w)
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(10)))
    pipeline(w, bucket.sink('prefix = "logs/edge", verify_ownership = true, pause = "1s"'))
    program = w.penstock("run", "script.lua", "--state", "state").start()
    w.waits_for(lambda: "penstock destination verify SCRIPT --state state" in program.said(), "a word about it")
    assert not bucket.keys()

    # Beside the run that waits.
    done = destination(w, "verify", "--state", "state").exits(0).prints_like(r"give all of it back by .* \(5 tries\)", "--token TOKEN")
    key, text = written_token(bucket, done)
    assert key.startswith("logs/edge/penstock-ownership-") and bucket.head(key)["ContentType"] == "text/plain"
    destination(w, "verify", "--state", "state", "--token", "0" * 48).exits(1).says(r"that is not the token .* \(4 of 5 tries are left\)")
    w.run("state", "list", "--state", "state").exits(0).prints_like(r"s3://logs/logs/edge/ .* not verified: .* 1 wrong")
    assert bucket.keys() == [key], bucket.keys()
    (w.path / "token").write_text(text)
    destination(w, "verify", "--state", "state", "--token", "file:token").exits(0).prints_like("^verified: s3://logs/logs/edge/")

    w.waits_for(lambda: [k for k in bucket.keys() if k.endswith(".gz")], "an object")
    program.ends().exits(0)
    (key,) = bucket.keys()
    assert gzip.decompress(bucket.read()[key]) == events.lines("a", range(10)), "the token's file is gone, the events are there"
    w.run("state", "list", "--state", "state").exits(0).prints_like(r"s3://logs/logs/edge/ .* verified at 20")
    w.run("state", "check", "--state", "state").exits(0).prints_like("1 destination$")
    destination(w, "verify", "--state", "state").exits(0).prints_like("was verified at")

    # Another directory is another destination.
    pipeline(w, bucket.sink('prefix = "elsewhere", verify_ownership = true, pause = "1s"'))
    destination(w, "verify", "--state", "state", "--token", text.strip()).exits(1).says("no token was written for s3://logs/elsewhere/")


@case
def wrong_tokens_use_a_token_up(w):
    bucket = store(w)
    pipeline(w, bucket.sink("verify_ownership = true"))
    _, text = written_token(bucket, destination(w, "verify", "--state", "state").exits(0))
    for left in range(4, -1, -1):
        destination(w, "verify", "--state", "state", "--token", "guess").exits(1).says(f"{left} of 5 tries are left")
    destination(w, "verify", "--state", "state", "--token", text.strip()).exits(1).says("5 wrong tokens were given", "for a new one: penstock destination verify script.lua --state state")
    _, fresh = written_token(bucket, destination(w, "verify", "--state", "state").exits(0))
    assert fresh != text and len(bucket.keys()) == 1
    destination(w, "verify", "--state", "state", "--token", fresh.strip()).exits(0)
    assert not bucket.keys()


@case
def without_a_state_directory_it_is_kept_where_dead_letters_are(w):
    bucket = store(w)
    (w.path / "in.ndjson").write_bytes(events.lines("a", range(10)))
    pipeline(w, bucket.sink("verify_ownership = true"))
    _, text = written_token(bucket, destination(w, "verify").exits(0))
    destination(w, "verify", "--token", text.strip()).exits(0)
    w.run("run", "script.lua").exits(0)
    assert len(bucket.keys()) == 1


# ---- test: objects ----


@case
def a_bucket_is_tried_and_left_as_it_was(w):
    bucket = store(w)
    done = trial(w, bucket.sink('prefix = "logs/edge"')).exits(0)
    done.prints_like(r"^edge/0:s3: s3://logs/logs/edge/", r"^  ok    TCP +127\.0\.0\.1:\d+ \([\d.]+ ?ms\)", "ok    credentials", "ok    signature",
                     r"ok    permission   wrote s3://logs/logs/edge/penstock-test-[0-9a-f]{32}\.ndjson\.gz \(", "ok    removal")
    assert not bucket.keys()


@case
def a_store_that_refuses_is_understood(w):
    bucket = store(w)
    (w.path / "wrong").write_text("not the secret\n")
    right = bucket.sink()
    trial(w, right.replace('"file:secret"', '"file:wrong"')).exits(1).never_says("not the secret").prints_like(
        "FAIL  signature .*SignatureDoesNotMatch", "-> the secret is not this access key's")
    trial(w, right.replace('bucket = "logs"', 'bucket = "nowhere"')).exits(1).prints_like("FAIL  bucket .*NoSuchBucket", "-> there is no such bucket")
    trial(w, right.replace("eu-west-1", "us-east-1")).exits(0).prints_like(r'warn  region .*set region = "eu-west-1"', "ok    permission")
    trial(w, right.replace("AKTEST", "AKNONE")).exits(1).prints_like("FAIL .*No user exists with the provided access key")
    bucket.stop()
    trial(w, right).exits(1).prints_like("FAIL  TCP .*Connection refused", "-> nothing takes connections there", "-     delivery +not tried")
    assert not (w.path / "state").exists()


class Refusing:
    """A store that looks at no signature and answers as `serve(handler)` says: (status, code, more headers), or None for 200."""

    def __init__(self, w, serve):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self):
                self.rfile.read(int(self.headers.get("content-length") or 0))
                status, code, headers = serve(self) or (200, "", {})
                body = f"<Error><Code>{code}</Code><Message>as S3 has it</Message></Error>".encode() if code else b""
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_DELETE = do_PUT

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        w.finally_do(lambda: (server.shutdown(), server.server_close()))
        (w.path / "secret").write_text(SECRET + "\n")
        self.url = f"http://127.0.0.1:{server.server_address[1]}"

    def sink(self, options=""):
        return (f'p.sink.s3 {{ bucket = "logs", endpoint = "{self.url}", region = "eu-west-1", {options}{"," if options else ""} '
                f'credentials = {{ access_key_id = "AK", secret_access_key = p.secret "file:secret" }} }}')


@case
def a_bucket_that_demands_encryption_is_found_out(w):
    def wants_encryption(request):
        return None if request.command == "DELETE" or request.headers.get("x-amz-server-side-encryption") == "AES256" else (403, "AccessDenied", {})

    bucket = Refusing(w, wants_encryption)
    trial(w, bucket.sink()).exits(1).prints_like("ok    signature", "FAIL  permission .*AccessDenied.*; with server-side encryption it is taken",
                                                 r'-> the bucket demands encryption: add encryption = \{ type = "AES256" \}', "ok    removal")
    trial(w, bucket.sink('encryption = { type = "AES256" }')).exits(0)


@case
def every_refusal_has_its_step_and_its_advice(w):
    cases = [(403, "AccessDenied", {}, "FAIL  permission", "allow s3:PutObject"),
             (400, "ExpiredToken", {}, "FAIL  signature", "the session token has expired"),
             (403, "InvalidAccessKeyId", {}, "FAIL  signature", "no such access key"),
             (301, "PermanentRedirect", {}, "FAIL  bucket", "check region and endpoint"),
             (400, "AuthorizationHeaderMalformed", {"x-amz-bucket-region": "ap-south-1"}, "FAIL  signature", 'set region = "ap-south-1"|check region'),
             (503, "SlowDown", {}, "FAIL  delivery", "it may pass"),
             (400, "InvalidStorageClass", {}, "FAIL  object", "check storage_class")]
    for status, code, headers, step, advice in cases:
        bucket = Refusing(w, lambda request, found=(status, code, headers): found)
        trial(w, bucket.sink()).exits(1).prints_like(f"{step} .*HTTP {status} {code}", f"-> .*({advice})")


@case
def a_clock_that_is_off_is_told(w):
    # With this machine's own time in the answer there is nothing to correct.
    trial(w, Refusing(w, lambda request: (403, "RequestTimeTooSkewed", {})).sink()).exits(1).prints_like("FAIL  signature .*RequestTimeTooSkewed", "-> set this machine's clock")
    (w.path / "secret").write_text(OSS_SECRET + "\n")
    server = Oss(clock_offset=3600)
    w.finally_do(server.stop)
    trial(w, server.sink()).exits(0).prints_like("warn  clock .*this machine's clock is .* behind the store's", "-> set this machine's clock", "ok    permission")
    assert not server.objects


@case
def what_may_not_be_removed_is_named(w):
    bucket = Refusing(w, lambda request: (403, "AccessDenied", {}) if request.command == "DELETE" else None)
    trial(w, bucket.sink()).exits(0).prints_like("warn  removal .*AccessDenied", r"-> remove s3://logs/penstock-test-\S+ by hand; the sink itself needs no right to remove")


@case
def oss_is_tried_with_both_signatures(w):
    (w.path / "secret").write_text(OSS_SECRET + "\n")
    server = Oss()
    w.finally_do(server.stop)
    for signature in "v4", "v1":
        trial(w, server.sink(f'signature = "{signature}"')).exits(0).prints_like("ok    permission   wrote oss://logs/penstock-test-", "ok    removal")
    assert server.signatures == {"v4", "v1"} and not server.objects
    server.wants_encryption = True
    trial(w, server.sink()).exits(1).prints_like("the bucket demands encryption")
    destination(w, "verify", "--state", "state").exits(2).says("no sink that writes to a bucket of S3")


# ---- test: everything else ----


def body_of(nginx):
    (line,) = [fields for fields in nginx._log() if fields[0] == "200"]
    return open(line[3], "rb").read()


@case
def http_over_tls_is_tried_with_one_event(w):
    tls = peers.Certificates(w)
    nginx = peers.Nginx(w, listen="ssl", server=f"ssl_certificate {tls['server.pem']}; ssl_certificate_key {tls['server.key']};")
    url = f'url = "https://localhost:{nginx.port}/ingest"'
    trusted = f'tls = {{ ca = "{tls["ca.pem"]}" }}'
    done = trial(w, f"p.sink.http {{ {url}, {trusted} }}").exits(0)
    done.prints_like("ok    TCP", r"ok    TLS          TLSv1\.[23], CN=server by CN=Test CA, until 20", "ok    delivery +the test event was taken")
    w.waits_for(lambda: nginx._log(), "nginx to log it")
    assert json.loads(body_of(nginx))["penstock_test"] is True
    trial(w, f"p.sink.http {{ {url} }}").exits(1).prints_like("FAIL  TLS .*unable to get local issuer", "-> give the authority that signed it", "-     delivery")
    trial(w, f'p.sink.http {{ {url}, tls = {{ verify = false }} }}').exits(0).prints_like("warn  TLS .*not trusted", "-> verify = false lets it pass", "ok    delivery")


@case
def a_certificate_for_another_name_says_for_which(w):
    tls = peers.Certificates(w)
    tls.sign("elsewhere", "subjectAltName=DNS:elsewhere.example.com")
    nginx = peers.Nginx(w, listen="ssl", server=f"ssl_certificate {tls['elsewhere.pem']}; ssl_certificate_key {tls['elsewhere.key']};")
    trial(w, f'p.sink.http {{ url = "https://localhost:{nginx.port}/ingest", tls = {{ ca = "{tls["ca.pem"]}" }} }}').exits(1).prints_like(
        "FAIL  TLS .*hostname mismatch", "-> it is for elsewhere.example.com, not for localhost")


@case
def an_http_server_that_refuses_gets_advice(w):
    for status, advice in (401, "check auth"), (403, "check auth"), (404, "check url and method"), (415, "check format, compression"), (400, "the destination refuses"), (500, "it may pass"):
        (w.path / "nginx").exists() and w.call("rm", "-rf", "nginx")
        nginx = peers.Nginx(w, location=f"return {status};")
        trial(w, f'p.sink.http {{ url = "http://127.0.0.1:{nginx.port}/ingest" }}').exits(1).prints_like("ok    TCP", f"FAIL  delivery .*HTTP {status}", f"-> .*{advice}")
        nginx.process.terminate()
        nginx.process.wait()


@case
def connections_and_datagrams_are_tried(w):
    tls = peers.Certificates(w)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls["server.pem"], tls["server.key"])
    got = []

    def serve(listener):
        while True:
            try:
                stream, _ = listener.accept()
            except OSError:
                return
            with stream:
                try:
                    stream.settimeout(5)
                    wrapped = context.wrap_socket(stream, server_side=True)
                    while piece := wrapped.recv(4096):
                        got.append(piece)
                except OSError:
                    pass

    listener = socket.create_server(("127.0.0.1", 0))
    w.finally_do(listener.close)
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    port = listener.getsockname()[1]
    address = f'address = "127.0.0.1:{port}", tls = {{ ca = "{tls["ca.pem"]}" }}'
    done = trial(w, f"p.sink.tcp {{ {address} }}", f"p.sink.syslog {{ {address} }}").exits(0)
    done.prints_like("^edge/0:tcp: ", "^edge/1:syslog: ", r"ok    TLS +TLSv1", "ok    delivery +the test event was sent; nobody says what became of it")
    w.waits_for(lambda: b"penstock_test" in b"".join(got) and b"penstock destination test" in b"".join(got), "both events")

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        datagrams.settimeout(5)
        trial(w, f'p.sink.syslog {{ address = "127.0.0.1:{datagrams.getsockname()[1]}", transport = "udp" }}').exits(0).prints_like("ok    connection")
        assert b"penstock destination test" in datagrams.recv(4096)


@case
def each_sink_is_tried_and_one_that_fails_fails_the_whole(w):
    nginx = peers.Nginx(w)
    good, bad = f'p.sink.http {{ name = "good", url = "http://127.0.0.1:{nginx.port}/ingest" }}', f'p.sink.http {{ name = "bad", url = "http://{DEAD}/ingest" }}'
    trial(w, bad, good, 'p.sink.file { path = "out" }').exits(1).prints_like("^edge/bad: ", "^edge/good: ", "FAIL  TCP", "ok    delivery")
    destination(w, "test", "--sink", "good").exits(0)
    destination(w, "test", "--sink", "edge/bad").exits(1)
    destination(w, "test", "--sink", "worse").exits(2).says(r"no sink 'worse' that sends over a network \(there is edge/bad, edge/good\)")


@case
def a_host_that_does_not_exist_is_named(w):
    trial(w, 'p.sink.http { url = "http://no-such-host.invalid/x" }').exits(1).prints_like('FAIL  DNS .*"no-such-host.invalid"', "-     delivery +not tried")


@case
def a_server_that_says_nothing_ends_in_time(w):
    listener = socket.create_server(("127.0.0.1", 0))
    w.finally_do(listener.close)
    port = listener.getsockname()[1]
    trial(w, f'p.sink.http {{ url = "https://127.0.0.1:{port}/x", connect_timeout = "300ms" }}').exits(1).prints_like("ok    TCP", "FAIL  TLS .*no handshake in 300ms", "does it speak TLS")
    trial(w, f'p.sink.http {{ url = "http://127.0.0.1:{port}/x", timeout = "300ms" }}').exits(1).prints_like("FAIL  delivery .*(timed out|Timeout)", "-> it may pass")
