"""Formats in and out, and compression, through the whole program."""
import gzip
import json
import shutil
import subprocess
import zlib

from golden import Skip, case

EVENTS = b"".join(b'{"n":%d,"text":"line %d"}\n' % (n, n) for n in range(5000))


def write_through(w, options, source='path = "in.ndjson", format = "json", follow = false'):
    w.write("in.ndjson", EVENTS)
    w.script(f'p.pipeline "x" {{ p.source.file {{ {source} }}, p.sink.file {{ {options} }} }}')
    w.run("run", "script.lua").exits(0)


def unpacked_by(program, content):
    if not shutil.which(program):
        raise Skip(f"{program} is not installed")
    return subprocess.run([program, "-dc"], input=content, capture_output=True, check=True).stdout


def unpacked_zlib(content):
    """Each batch is a zlib stream of its own."""
    out = b""
    while content:
        stream = zlib.decompressobj()
        out += stream.decompress(content)
        content = stream.unused_data
    return out


UNPACK = {
    "gzip": gzip.decompress,
    "zlib": unpacked_zlib,
    "zstd": lambda content: unpacked_by("zstd", content),
    "lz4": lambda content: unpacked_by("lz4", content),
}


def compresses(name, unpack):
    def holds(w):
        write_through(w, f'path = "out", compression = "{name}"')
        packed = w.read("out")
        assert len(packed) < len(EVENTS) / 2, len(packed)
        assert unpack(packed) == EVENTS

    return holds


for name, unpack in UNPACK.items():
    case(compresses(name, unpack), f"a file compressed by {name} is read by others")


@case
def compressed_files_are_read_as_they_are(w):
    w.write("a.ndjson.gz", gzip.compress(EVENTS[: len(EVENTS) // 2]) + gzip.compress(EVENTS[len(EVENTS) // 2 :]))
    w.script('p.pipeline "x" { p.source.file { path = "*.gz", format = "json", follow = false }, p.sink.stdout {} }')
    w.run("run", "script.lua").exits(0).prints(EVENTS)


@case
def zstd_files_are_read_as_they_are(w):
    if not shutil.which("zstd"):
        raise Skip("zstd is not installed")
    w.write("a.ndjson.zst", subprocess.run(["zstd", "-c"], input=EVENTS, capture_output=True, check=True).stdout)
    w.script('p.pipeline "x" { p.source.file { path = "*.zst", format = "json", follow = false }, p.sink.stdout {} }')
    w.run("run", "script.lua").exits(0).prints(EVENTS)


@case
def a_json_array_is_one_document(w):
    write_through(w, 'path = "out.json", format = "json_array"')
    assert json.loads(w.read("out.json")) == [json.loads(line) for line in EVENTS.splitlines()]


def parses(options, line, expected):
    def holds(w):
        w.script(f'p.pipeline "x" {{ p.source.stdin {{ {options} }}, p.sink.stdout {{}} }}')
        done = w.run("run", "script.lua", stdin=line + "\n").exits(0)
        found = json.loads(done.stdout)
        for name, value in expected.items():
            done.check(found.get(name) == value, f"expected {name} = {value!r}, found {found.get(name)!r}")

    return holds


COMBINED = '203.0.113.9 - ada [12/Mar/2026:08:15:01 +0000] "GET /a?b=1 HTTP/1.1" 404 162 "-" "curl/8.9.1"'
for name, options, line, expected in [
    ("lines", 'format = "lines"', "hello \"world\"", {"message": 'hello "world"'}),
    ("nginx", 'format = "nginx"', COMBINED, {"status": 404, "method": "GET"}),
    ("apache", 'format = "apache"', COMBINED, {"status": 404, "method": "GET"}),
    ("syslog 5424", 'format = "syslog"', "<34>1 2026-03-12T08:15:00.003Z gate1 sshd 4711 ID47 - failed", {"severity": "crit", "facility": "auth", "message": "failed"}),
    ("syslog 3164", 'format = "syslog"', "<11>Mar 12 08:15:03 db1 kernel: out of memory", {"severity": "err", "app_name": "kernel", "message": "out of memory"}),
    ("logfmt", 'format = "logfmt"', 'at=info path="/a b" ms=12', {"at": "info", "path": "/a b"}),
    ("cef", 'format = "cef"', r"CEF:0|Acme|Wall|1.0|100|worm\|stopped|10|src=10.0.0.1 msg=two words", {}),
    ("regex", "format = \"regex\", pattern = '^(?P<word>[a-z]+) (?P<number>[0-9]+)$'", "abc 123", {"word": "abc"}),
    ("regex, the other spelling", "format = \"regex\", pattern = '^(?<word>[a-z]+)$'", "abc", {"word": "abc"}),
    ("csv", 'format = "csv", columns = { "a", "b" }', '1,"x,""y"""', {"b": 'x,"y"'}),
]:
    case(parses(options, line, expected), f"{name} is parsed")


@case
def several_sinks_get_every_event(w):
    w.write("in.ndjson", EVENTS)
    w.script('''p.pipeline "x" { p.source.file { path = "in.ndjson", format = "json", follow = false },
      p.sink.file { path = "one.ndjson" }, p.sink.file { path = "two.ndjson" } }''')
    w.run("run", "script.lua").exits(0)
    w.holds("one.ndjson", EVENTS)
    w.holds("two.ndjson", EVENTS)


@case
def workers_share_the_files_and_lose_nothing(w):
    for number in range(8):
        w.write(f"in/{number}.ndjson", EVENTS.replace(b'"line', b'"%d line' % number))
    w.script('p.pipeline "x" { p.source.file { path = "in/*.ndjson", format = "json", follow = false }, p.sink.file { path = "out.ndjson" } }')
    w.run("run", "script.lua", "--workers", "4").exits(0)
    expected = sorted(line for file in (w.path / "in").iterdir() for line in file.read_bytes().splitlines())
    assert sorted(w.read("out.ndjson").splitlines()) == expected


@case
def one_file_is_split_over_workers_when_order_does_not_matter(w):
    w.write("in.ndjson", EVENTS * 40)
    w.script('''p.pipeline "x" { ordered = false,
      p.source.file { path = "in.ndjson", format = "json", follow = false }, p.sink.file { path = "out.ndjson" } }''')
    w.run("run", "script.lua", "--workers", "4").exits(0)
    assert sorted(w.read("out.ndjson").splitlines()) == sorted((EVENTS * 40).splitlines())


@case
def csv_that_is_taken_up_after_a_restart_still_knows_its_header(w):
    script = 'p.pipeline "c" { p.source.file { path = "in.csv", format = "csv", header = true, follow = false }, p.sink.stdout {} }'
    w.write("in.csv", "id,name\n1,a\n")
    w.script(script)
    w.run("run", "script.lua", "--state", "state").exits(0).prints('{"id":"1","name":"a"}\n')
    w.append("in.csv", "2,b\n")
    w.run("run", "script.lua", "--state", "state").exits(0).prints('{"id":"2","name":"b"}\n')
