"""Real clients of p.source.http."""
import gzip
import json

from harness import events, peers
from harness.ledger import Ledger
from harness.site import case


class Server:
    """The program with p.source.http, into out.ndjson."""

    def __init__(self, w, options="", format="json", scheme="http"):
        self.w, self.port = w, w.free_port()
        self.curl = peers.needs("curl", "curl")
        self.url = f"{scheme}://localhost:{self.port}/"
        w.script(f'''p.pipeline "in" {{ p.source.http {{ listen = "127.0.0.1:{self.port}", format = "{format}"{options} }},
          p.sink.file {{ path = "out.ndjson", linger = "20ms" }} }}''')
        self.program = w.penstock("run", "script.lua", "--state", "state").start()
        w.listens(self.port)

    def post(self, *arguments):
        """-> (status, body)"""
        said = self.w.call(self.curl, "--silent", "--show-error", "--max-time", 20, "--write-out", "\n%{http_code}", *arguments, self.url)
        body, _, status = said.decode().rpartition("\n")
        return int(status), body

    def holds_exactly(self, keys, exits=0):
        self.program.stop().exits(exits).balances("in")
        ledger = Ledger()
        file = self.w.path / "out.ndjson"
        ledger.record(file.read_bytes().splitlines() if file.exists() else [])
        assert not ledger.torn, ledger.torn[:3]
        assert not ledger.missing(keys) and len(ledger) == len(keys) and ledger.duplicates() == 0


def numbered(w, count=500):
    w.write("body", events.lines("curl", range(1, count + 1)))
    return [("curl", n) for n in range(1, count + 1)]


@case
def curl_posts_lines(w):
    server = Server(w)
    keys = numbered(w)
    status, _ = server.post("--data-binary", "@body")
    assert status == 200, status
    server.holds_exactly(keys)


@case
def curl_uploads_in_chunks_without_a_length(w):
    server = Server(w)
    keys = numbered(w, count=20_000)
    status, _ = server.post("--header", "Transfer-Encoding: chunked", "--header", "Content-Type: application/x-ndjson", "--data-binary", "@body")
    assert status == 200, status
    server.holds_exactly(keys)


@case
def curl_posts_gzip(w):
    server = Server(w)
    keys = numbered(w)
    w.write("body.gz", gzip.compress(w.read("body")))
    status, _ = server.post("--header", "Content-Encoding: gzip", "--data-binary", "@body.gz")
    assert status == 200, status
    server.holds_exactly(keys)


@case
def curl_posts_a_json_array(w):
    server = Server(w)
    keys = numbered(w)
    w.write("array", b"[" + b",\n".join(w.read("body").splitlines()) + b"]")
    status, _ = server.post("--header", "Content-Type: application/json", "--data-binary", "@array")
    assert status == 200, status
    server.holds_exactly(keys)


@case
def what_is_bad_is_told_in_JSON(w):
    server = Server(w)
    w.write("bad", b"no JSON at all\n")
    status, body = server.post("--header", "Content-Type: application/json", "--data-binary", "@bad")
    assert 400 <= status < 500, f"{status} {body}"
    assert isinstance(json.loads(body), dict), body


@case
def curl_over_mutual_TLS(w):
    tls = peers.Certificates(w)
    server = Server(w, f''', tls = {{ cert = "{tls['server.pem']}", key = "{tls['server.key']}", client_ca = "{tls['ca.pem']}" }}''', scheme="https")
    keys = numbered(w)
    status, _ = server.post("--cacert", tls["ca.pem"], "--cert", tls["client.pem"], "--key", tls["client.key"], "--data-binary", "@body")
    assert status == 200, status
    server.holds_exactly(keys)


@case
def a_bearer_token_is_asked_for(w):
    server = Server(w, ''', auth = { bearer = "sesame" }''')
    keys = numbered(w)
    status, _ = server.post("--data-binary", "@body")
    assert status == 401, status
    status, _ = server.post("--header", "Authorization: Bearer sesame", "--data-binary", "@body")
    assert status == 200, status
    server.holds_exactly(keys)


@case
def fifty_clients_at_once(w):
    server = Server(w)
    keys = []
    for i in range(50):
        w.write(f"body-{i}", events.lines(f"c{i}", range(1, 101)))
        keys += [(f"c{i}", n) for n in range(1, 101)]
    transfers = [f'url = "{server.url}"\ndata-binary = "@body-{i}"\noutput = "answer-{i}"\nwrite-out = "%{{http_code}}\\n"\n' for i in range(50)]
    w.write("transfers", "next\n".join(transfers))
    said = w.call(server.curl, "--silent", "--show-error", "--parallel", "--parallel-max", 50, "--config", "transfers")
    assert said.split().count(b"200") == 50, said
    server.holds_exactly(keys)
