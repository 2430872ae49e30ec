"""One penstock sends to another, and both are killed."""
import random

from harness import peers, senders
from harness.crash import DELIVERY
from harness.ledger import Ledger
from harness.site import case

LIFE_SECONDS = (0.05, 0.8)
BARE = DELIVERY.replace('format = "ndjson", timeout = "1s", ', "").replace("concurrency = 4", "concurrency = 1")


class Chain:
    """in.ndjson -> edge -> center -> out/, each of them with a state directory of its own."""

    def __init__(self, w, sink, source):
        self.w = w
        w.script(f'''p.pipeline "edge" {{ p.source.file {{ path = "in.ndjson", format = "json", rescan = "50ms" }}, {sink} }}''', name="edge.lua")
        w.script(f'''p.pipeline "center" {{ {source}, p.sink.file {{ path = "out/out.ndjson", linger = "10ms" }} }}''', name="center.lua")
        self.edge = w.penstock("run", "edge.lua", "--state", "edge", "--workers", "1", name="edge")
        self.center = w.penstock("run", "center.lua", "--state", "center", "--workers", "2", name="center")
        self.writer = senders.FileWriter(w.path / "in.ndjson", seed=w.seed)

    def run_with_kills(self, kills, victims):
        rng = random.Random(self.w.seed)
        self.center.start()
        self.edge.start()
        self.writer.start()
        for _ in range(kills):
            victim = rng.choice(victims)
            victim.lives_for(rng.uniform(*LIFE_SECONDS))
            victim.kill()
            victim.start()
        self.writer.stop()

    def ledger(self):
        ledger = Ledger()
        for file in (self.w.path / "out").glob("*"):
            ledger.record(file.read_bytes().rpartition(b"\n")[0].splitlines())
        return ledger

    def arrives(self, center_exits=(0,)):
        self.w.waits_for(lambda: self.ledger().has(self.writer.accepted), "every line at the end of the chain", within=60)
        self.edge.stop().exits(0).balances("edge")
        ended = self.center.stop().balances("center")
        assert ended.code in center_exits, f"exit status {ended.code}; it said {ended.said[-2000:]}"
        ledger = self.ledger()
        assert not ledger.torn, ledger.torn[:3]
        assert len(ledger) == len(self.writer.accepted), "events that nobody wrote"
        return ledger


@case
def two_penstocks_over_signed_urls(w):
    port = w.free_port()
    key = 'private_key = "abcDEF123456"'
    chain = Chain(w, f'''p.sink.http {{ url = "http://127.0.0.1:{port}/v1/logs", compression = "gzip", signed_url = {{ {key} }}, {DELIVERY} }}''',
                  f'''p.source.http {{ listen = "127.0.0.1:{port}", auth = {{ signed_url = {{ {key} }} }} }}''')
    chain.run_with_kills(w.kills // 2, (chain.edge, chain.center))
    ledger = chain.arrives()
    w.note(f"{len(ledger)} events, {ledger.duplicates()} of them twice, in {w.kills // 2} kills of one or the other")


@case
def two_penstocks_over_mutual_tls(w):
    tls = peers.Certificates(w)
    port = w.free_port()
    chain = Chain(w, f'''p.sink.http {{ url = "https://localhost:{port}/", compression = "zstd", {DELIVERY},
        tls = {{ ca = "{tls['ca.pem']}", cert = "{tls['client.pem']}", key = "{tls['client.key']}" }} }}''',
                  f'''p.source.http {{ listen = "127.0.0.1:{port}",
        tls = {{ cert = "{tls['server.pem']}", key = "{tls['server.key']}", client_ca = "{tls['ca.pem']}" }} }}''')
    chain.run_with_kills(w.kills // 5, (chain.edge, chain.center))
    chain.arrives()


# A bare connection has no answer: what the other machine has acknowledged is delivered, as long as the program there lives. So here
# only the sender is killed. What it leaves half sent is no event, and is told of.


@case
def two_penstocks_over_tcp(w):
    port = w.free_port()
    chain = Chain(w, f'''p.sink.tcp {{ address = "127.0.0.1:{port}", {BARE} }}''',
                  f'''p.source.tcp {{ listen = "127.0.0.1:{port}", format = "json" }}''')
    chain.run_with_kills(w.kills // 2, (chain.edge,))
    chain.arrives(center_exits=(0, 1))


@case
def two_penstocks_over_syslog_and_tls(w):
    tls = peers.Certificates(w)
    port = w.free_port()
    chain = Chain(w, f'''p.sink.syslog {{ address = "localhost:{port}", transport = "tls", tls = {{ ca = "{tls['ca.pem']}" }}, {BARE} }}''',
                  f'''p.source.syslog {{ listen = "127.0.0.1:{port}", tls = {{ cert = "{tls['server.pem']}", key = "{tls['server.key']}" }} }}''')
    chain.run_with_kills(w.kills // 2, (chain.edge,))
    chain.arrives(center_exits=(0, 1))
