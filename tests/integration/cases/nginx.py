"""A real web server as the destination."""
from harness import events, peers
from harness.site import case

EVENTS = 3000
FILE = 'p.source.file { path = "in.ndjson", format = "json", follow = false }'
QUICK = 'linger = "20ms", retry = { min = "20ms", max = "100ms" }, pause = "1s"'


def deliver(w, nginx, sink, count=EVENTS, exits=0):
    """Runs a finite pipeline into nginx, and checks that each event is there. -> how it ended"""
    keys = [("file", n) for n in range(1, count + 1)]
    w.write("in.ndjson", events.lines("file", range(1, count + 1)))
    w.script(f'p.pipeline "nginx" {{ {FILE}, p.sink.http {{ {sink}, {QUICK} }} }}')
    ended = w.penstock("run", "script.lua", "--state", "state", "--workers", "1").start().ends(within=60).exits(exits)
    ended.balances("nginx")
    ledger = arrived(w, nginx, keys)
    assert len(ledger) == count and ledger.duplicates() == 0, f"{ledger.duplicates()} arrived twice"
    return ended


def arrived(w, nginx, keys):
    """What nginx has answered with success; it writes its log a moment after the answer."""
    w.waits_for(lambda: nginx.ledger().has(keys), "every event at nginx")
    assert not nginx.ledger().torn, nginx.ledger().torn[:3]
    return nginx.ledger()


def url(nginx, scheme="http", host="127.0.0.1"):
    return f'url = "{scheme}://{host}:{nginx.port}/ingest"'


def compressed(compression):
    def holds(w):
        nginx = peers.Nginx(w)
        deliver(w, nginx, f'{url(nginx)}, compression = "{compression}", batch = {{ events = 500 }}')
        assert len(nginx.answered()) >= EVENTS // 500

    return holds


for name in ("none", "gzip", "zlib"):
    case(compressed(name), f"nginx takes bodies with compression {name}")


@case
def a_small_body_limit_halves_batches(w):
    nginx = peers.Nginx(w, server="client_max_body_size 8k;")
    ended = deliver(w, nginx, f'{url(nginx)}, batch = {{ bytes = "256KiB" }}')
    statuses = [status for status, _ in nginx.answered()]
    assert "413" in statuses and "200" in statuses, set(statuses)
    assert ended.counts("nginx")["dead-lettered"] == 0


@case
def an_event_beyond_the_limit_is_dead_lettered_alone(w):
    nginx = peers.Nginx(w, server="client_max_body_size 8k;")
    keys = [("file", n) for n in range(1, 301)]
    giant = b'{"giant":"%s"}\n' % (b"g" * 20_000)
    w.write("in.ndjson", events.lines("file", range(1, 151)) + giant + events.lines("file", range(151, 301)))
    w.script(f'p.pipeline "nginx" {{ {FILE}, p.sink.http {{ {url(nginx)}, {QUICK} }} }}')
    ended = w.penstock("run", "script.lua", "--state", "state", "--workers", "1").start().ends().exits(1).balances("nginx")
    counts = ended.counts("nginx")
    assert counts["dead-lettered"] == 1 and counts["delivered"] == 300, counts
    assert arrived(w, nginx, keys).duplicates() == 0
    letters = w.run("dead-letter", "show", "--state", "state").exits(0)
    letters.prints_like(r"giant", r"413")


@case
def a_request_limit_is_waited_for(w):
    nginx = peers.Nginx(w, http="limit_req_zone $binary_remote_addr zone=all:1m rate=20r/s; limit_req_status 429;", location="limit_req zone=all;")
    deliver(w, nginx, f'{url(nginx)}, batch = {{ events = 100 }}')
    assert ("429", "HTTP/1.1") in nginx.answered(), "the limit was never met"


@case
def http_2_over_tls(w):
    tls = peers.Certificates(w)
    nginx = peers.Nginx(w, listen="ssl http2", server=f"ssl_certificate {tls['server.pem']}; ssl_certificate_key {tls['server.key']};")
    deliver(w, nginx, f'{url(nginx, "https", "localhost")}, tls = {{ ca = "{tls["ca.pem"]}" }}, batch = {{ events = 100 }}, compression = "gzip"')
    assert {protocol for _, protocol in nginx.answered()} == {"HTTP/2.0"}, nginx.answered()[:3]


def mutual_tls(w, tls):
    return peers.Nginx(w, listen="ssl", server=f"""ssl_certificate {tls['server.pem']}; ssl_certificate_key {tls['server.key']};
      ssl_client_certificate {tls['ca.pem']}; ssl_verify_client on;""")


@case
def mutual_tls_shows_our_certificate(w):
    tls = peers.Certificates(w)
    nginx = mutual_tls(w, tls)
    deliver(w, nginx, f'''{url(nginx, "https", "localhost")},
      tls = {{ ca = "{tls['ca.pem']}", cert = "{tls['client.pem']}", key = "{tls['client.key']}" }}''')


@case
def an_unknown_certificate_pauses_and_loses_nothing(w):
    """Configuration is for a person to mend: nothing is sent, nothing is lost, and the next run with the right one delivers."""
    tls = peers.Certificates(w)
    nginx = peers.Nginx(w, listen="ssl", server=f"ssl_certificate {tls['server.pem']}; ssl_certificate_key {tls['server.key']};")
    keys = [("file", n) for n in range(1, 501)]
    w.write("in.ndjson", events.lines("file", range(1, 501)))
    script = f'p.pipeline "nginx" {{ {FILE}, p.sink.http {{ {url(nginx, "https", "localhost")}, {QUICK} CA }} }}'
    w.script(script.replace("CA", ""))
    program = w.penstock("run", "script.lua", "--state", "state", "--workers", "1").start()
    w.waits_for(lambda: "certificate" in program.said(), "a complaint about the certificate")
    assert program.is_running() and not nginx.answered()
    program.stop()
    w.script(script.replace("CA", f', tls = {{ ca = "{tls["ca.pem"]}" }}'))
    program.start().ends().exits(0).balances("nginx")
    assert arrived(w, nginx, keys).duplicates() == 0


@case
def nginx_that_is_restarted_loses_nothing(w):
    """A server that goes down and comes back, gracefully or not."""
    nginx = peers.Nginx(w)
    w.write("in.ndjson", "")
    w.script(f'p.pipeline "nginx" {{ {FILE.replace(", follow = false", "")}, p.sink.http {{ {url(nginx)}, {QUICK} }} }}')
    program = w.penstock("run", "script.lua", "--state", "state", "--workers", "1").start()
    for turn in range(6):
        w.append("in.ndjson", events.lines("file", range(500 * turn + 1, 500 * turn + 501)))
        if turn % 2 == 0:
            nginx.restart(gracefully=turn % 4 == 0)
    keys = [("file", n) for n in range(1, 3001)]
    arrived(w, nginx, keys)
    program.stop().exits(0).balances("nginx")
