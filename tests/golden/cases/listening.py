"""Sources that listen and sinks that connect, with real senders: util-linux' logger, and the program itself at both ends."""
import json
import re
import shutil
import signal
import socket
import subprocess

from golden import Skip, case

TO_FILE = 'p.sink.file { path = "out.ndjson", linger = "10ms" },'


def listening(w, sources, name="in.lua"):
    """A run of these sources into out.ndjson, and the addresses it says it listens on, in order."""
    count = sources.count("p.source.")
    w.script(f'p.pipeline "in" {{ {sources}\n{TO_FILE} }}', name=name)
    running = w.start("run", name, "--workers", "2", log="in.log")
    found = []

    def listens():
        found[:] = re.findall(rb"listens on (\S+)", w.read("in.log"))
        return len(found) >= count

    w.waits_for(listens, lambda: f"{count} addresses in the log: {w.read('in.log')}")
    return running, [address.decode() for address in found]


def events(w):
    file = w.path / "out.ndjson"
    return [json.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []


def logger(*arguments):
    if not shutil.which("logger"):
        raise Skip("there is no logger")
    subprocess.run(["logger", *map(str, arguments)], check=True, timeout=20)


def ends(w, running, count):
    w.waits_for(lambda: len(events(w)) >= count, lambda: f"{count} events: {events(w)}")
    return running.signal(signal.SIGTERM).ends()


def port(address):
    return address.rpartition(":")[2]


@case
def logger_sends_over_tcp_in_both_framings(w):
    running, [address] = listening(w, 'p.source.syslog { listen = "127.0.0.1:0" },')
    logger("-n", "127.0.0.1", "-P", port(address), "-T", "-t", "app", "a line")
    logger("-n", "127.0.0.1", "-P", port(address), "-T", "--octet-count", "-t", "app", "two\nlines")
    ends(w, running, 2).exits(0)
    assert sorted(event["message"] for event in events(w)) == ["a line", "two\nlines"]
    assert {event["app_name"] for event in events(w)} == {"app"}


@case
def logger_sends_datagrams(w):
    running, [address, _] = listening(w, 'p.source.syslog { listen = "127.0.0.1:0", transport = "udp" }, p.source.syslog { listen = "unix:log.sock" },')
    logger("-n", "127.0.0.1", "-P", port(address), "-d", "over udp")
    logger("-u", w.path / "log.sock", "over unix")
    ends(w, running, 2).exits(0)
    assert sorted(event["message"] for event in events(w)) == ["over udp", "over unix"]
    assert not (w.path / "log.sock").exists(), "the socket's file is left behind"


@case
def syslog_goes_from_sink_to_source(w):
    running, [address] = listening(w, 'p.source.syslog { listen = "127.0.0.1:0" },')
    w.write("in.ndjson", '{"message":"one","level":"error","hostname":"h"}\n{"message":"two\\nlines","severity":"debug","app_name":"a"}\n')
    w.script(f'p.pipeline "out" {{ p.source.file {{ path = "in.ndjson", follow = false }}, p.sink.syslog {{ address = "{address}" }} }}')
    w.run("run", "script.lua").exits(0)
    ends(w, running, 2).exits(0)
    assert [(event["severity"], event["message"]) for event in events(w)] == [("err", "one"), ("debug", "two\nlines")]
    assert events(w)[0]["hostname"] == "h" and events(w)[1]["app_name"] == "a"


@case
def bytes_over_tcp_arrive_as_they_were(w):
    running, [address] = listening(w, 'p.source.tcp { listen = "127.0.0.1:0", format = "json" },')
    lines = "".join(f'{{"n":{n}}}\n' for n in range(20_000))
    w.write("in.ndjson", lines)
    w.script(f'p.pipeline "out" {{ p.source.file {{ path = "in.ndjson", follow = false }}, p.sink.tcp {{ address = "{address}" }} }}')
    w.run("run", "script.lua", "--workers", "1").exits(0)
    ends(w, running, 20_000).exits(0)
    w.holds("out.ndjson", lines)


@case
def an_address_in_use_ends_the_run_and_says_so(w):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        w.script(f'p.pipeline "in" {{ p.source.tcp {{ listen = "{address}" }}, p.sink.stdout {{}} }}')
        result = w.run("run", "script.lua").says(rf"source\.tcp: cannot listen on {address}.*in use")
        assert result.code != 0


@case
def a_program_runs_only_when_the_operator_allows_it(w):
    w.script('p.pipeline "x" { p.source.exec { command = { "sh", "-c", "echo one; echo two" }, restart = false, format = "lines" }, p.sink.stdout {} }')
    w.run("run", "script.lua").exits(2).says(r"script\.lua:2: source\.exec: .*--allow-exec")
    w.run("run", "--allow-exec", "sh", "script.lua").exits(0).prints('{"message":"one"}\n{"message":"two"}\n')


@case
def a_program_that_fails_is_told(w):
    w.script('p.pipeline "x" { p.source.exec { command = { "sh", "-c", "echo one; echo why >&2; exit 3" }, restart = false, format = "lines" }, p.sink.stdout {} }')
    w.run("run", "script.lua", "--unsafe").exits(1).prints('{"message":"one"}\n').says(r"sh: why", r"sh exited with status 3")
