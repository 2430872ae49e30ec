"""JSON byte for byte: what comes in odd leaves as it came, or goes to the dead letter; nothing is reformatted or rounded."""
import json

from golden import case

COPY = ""
# (name, stages, input, expected stdout, dead letters)
TABLE = [
    ("an event that no stage touched leaves as it came", COPY,
     b'{ "b" : 1.50 , "a":[ 1,2 ],"c":"\\u0041" }\n', b'{ "b" : 1.50 , "a":[ 1,2 ],"c":"\\u0041" }\n', 0),
    ("CRLF ends a line and does not belong to it", COPY, b'{"a":1}\r\n{"a":2}\r\n', b'{"a":1}\n{"a":2}\n', 0),
    ("a last line without its end is a line", COPY, b'{"a":1}\n{"a":2}', b'{"a":1}\n{"a":2}\n', 0),
    ("blank lines are no events", COPY, b'\n{"a":1}\n\n  \n{"a":2}\n\n', b'{"a":1}\n{"a":2}\n', 0),
    ("a BOM at the start of the stream is passed over", COPY, b'\xef\xbb\xbf{"a":1}\n{"a":2}\n', b'{"a":1}\n{"a":2}\n', 0),
    ("64-bit integers keep every digit", 'p.fields { "n" },',
     b'{"n":9223372036854775807,"x":1}\n{"n":18446744073709551615}\n{"n":123456789012345678901234567890}\n',
     b'{"n":9223372036854775807}\n{"n":18446744073709551615}\n{"n":123456789012345678901234567890}\n', 0),
    ("numbers keep their text", 'p.fields { "n" },',
     b'{"n":1.0}\n{"n":1e400}\n{"n":-0}\n{"n":1E+2}\n{"n":0.10000000000000000555}\n',
     b'{"n":1.0}\n{"n":1e400}\n{"n":-0}\n{"n":1E+2}\n{"n":0.10000000000000000555}\n', 0),
    ("numbers compare exactly", 'p.filter "n > 9007199254740992",',
     b'{"n":9007199254740992}\n{"n":9007199254740993}\n{"n":1e400}\n{"n":-1e400}\n', b'{"n":9007199254740993}\n{"n":1e400}\n', 0),
    ("a filter compares strings unescaped", "p.filter \"s == 'caf\u00e9'\",".encode().decode(),
     '{"s":"caf\\u00e9"}\n{"s":"caf\u00e9"}\n{"s":"cafe"}\n'.encode(), '{"s":"caf\\u00e9"}\n{"s":"caf\u00e9"}\n'.encode(), 0),
    ("a surrogate pair is one character to a filter", "p.filter \"s == '\U0001F600'\",",
     b'{"s":"\\ud83d\\ude00"}\n{"s":"\\ud83d"}\n', b'{"s":"\\ud83d\\ude00"}\n', 0),
    ("escaped keys are found by their meaning", 'p.filter "status >= 500",',
     b'{"st\\u0061tus":503}\n{"status":200}\n', b'{"st\\u0061tus":503}\n', 0),
    ("what is no JSON goes to the dead letter, the rest is delivered", COPY,
     b'{"a":1}\nnot json\n{"a":\n[1]\n17\n{"a":2} x\n{"a":3}\n', None, None),
    ("invalid JSON in a field that nobody reads never leaves", 'p.filter "a == 1",',
     b'{"a":1,"b":01}\n{"a":1,"b":[}\n{"a":1,"b":nul}\n{"a":1,"b":"\\x"}\n{"a":1}\n', b'{"a":1}\n', 4),
    ("an unescaped control character is invalid", COPY, b'{"a":"x\ty"}\n{"a":"\x00"}\n{"a":1}\n', b'{"a":1}\n', 2),
    ("bytes that are not UTF-8 are invalid JSON", COPY, b'{"a":"\xff\xfe"}\n{"a":"\xc3\xa9"}\n', b'{"a":"\xc3\xa9"}\n', 1),
    ("nesting of 1,000 is kept", COPY, b'{"a":' + b"[" * 1000 + b"]" * 1000 + b"}\n", b'{"a":' + b"[" * 1000 + b"]" * 1000 + b"}\n", 0),
    ("nesting of 5,000 is refused", COPY, b'{"a":' + b"[" * 5000 + b"]" * 5000 + b'}\n{"a":1}\n', b'{"a":1}\n', 1),
    ("fields keeps order as asked and leaves missing ones out", 'p.fields { "c", "a", "gone" },',
     b'{"a":1,"b":2,"c":{"x":[1, 2]}}\n', b'{"c":{"x":[1, 2]},"a":1}\n', 0),
    ("a changed field keeps its place, the others keep their bytes", "p.transform (function(event) event.b = 'new' end),",
     b'{"a": 1.0,"b":"old" ,"c":[1, 2]}\n', None, 0),
    ("what Lua reads and writes back is not rounded", "p.transform (function(event) event.copy = event.n end),",
     b'{"n":9223372036854775807}\n', b'{"n":9223372036854775807,"copy":9223372036854775807}\n', 0),
    ("a transform can drop and split", "p.transform (function(event) if event.a == 1 then return false end "
     "if event.a == 2 then return { { x = 1 }, { x = 2 } } end end),",
     b'{"a":1}\n{"a":2}\n{"a":3}\n', b'{"x":1}\n{"x":2}\n{"a":3}\n', 0),
    ("null is p.null in Lua and is not missing", "p.transform (function(event) event.is_null = event.a == p.null; event.is_nil = event.b == nil end),",
     b'{"a":null}\n', b'{"a":null,"is_null":true,"is_nil":true}\n', 0),
    ("set, rename and remove", 'p.set { added = true }, p.rename { a = "z" }, p.remove { "b" },',
     b'{"a":1,"b":2,"c":3}\n', None, 0),
    ("elements of a top-level array are events, each on one line", COPY,
     b'[\n {"a":1,\n "b":[1,\r\n2]}\n,\n {"a":2}\n]\n', b'{"a":1,  "b":[1,  2]}\n{"a":2}\n', 0),
    ("an array on a line among lines is taken apart", COPY, b'{"a":1}\n[{"a":2},3]\n{"a":4}\n', b'{"a":1}\n{"a":2}\n{"a":4}\n', 1),
    ("a cut array swallows no line behind it", COPY, b'{"a":1}\n[{"a":\n{"a":4}\n', b'{"a":1}\n{"a":4}\n', 1),
    ("objects of an event can go into tables", "p.transform (function(event) return { { copy = event.h, list = { event.h } } } end),",
     b'{"h":{"x":1}}\n', b'{"copy":{"x":1},"list":[{"x":1}]}\n', 0),
    ("an event kept too long reads as nothing",
     "p.transform (function(event) kept = kept or event end), p.transform (function(event) event.late = tostring(kept.a) end),",
     b'{"a":1}\n', b'{"a":1,"late":"nil"}\n', 0),
    ("a comparison with a missing field is false, its negation true", "p.filter \"gone != 5\",", b'{"a":1}\n', b'{"a":1}\n', 0),
]


def byte_case(name, stages, sent, expected, dead):
    def holds(w):
        w.script(f'p.pipeline "x" {{ p.source.stdin {{ format = "json" }}, {stages} p.sink.stdout {{}} }}')
        done = w.run("run", "script.lua", "--state", "state", stdin=sent)
        if expected is not None:
            done.prints(expected)
        for line in done.stdout.splitlines():
            if line.count(b"[") < 100:  # Python's own parser recurses
                json.loads(line)
        letters = w.path / "state/dead-letter/x.ndjson"
        found = len(letters.read_bytes().splitlines()) if letters.exists() else 0
        if dead is not None:
            done.check(found == dead, f"expected {dead} dead letters, found {found}")
        done.exits(1 if found else 0)

    return holds


for row in TABLE:
    case(byte_case(*row), row[0])


@case
def one_of_duplicate_keys_decides_and_all_leave(w):
    w.script('p.pipeline "x" { p.source.stdin { format = "json" }, p.filter "a == 1", p.sink.stdout {} }')
    w.run("run", "script.lua", stdin='{"a":1,"a":2}\n{"a":2,"a":1}\n').exits(0).prints('{"a":1,"a":2}\n')


@case
def a_broken_line_is_told_with_offset_and_reason(w):
    w.script('p.pipeline "x" { p.source.stdin { format = "json" }, p.sink.stdout {} }')
    w.run("run", "script.lua", "--state", "state", stdin='{"a":1}\n{"a":2\n{"a":3}\n').exits(1).prints('{"a":1}\n{"a":3}\n')
    letter = json.loads(w.read("state/dead-letter/x.ndjson"))
    assert '{"a":2' in json.dumps(letter).replace("\\", ""), letter
    assert "8" in json.dumps(letter), letter


@case
def an_array_at_the_top_is_a_list_of_events(w):
    w.script('p.pipeline "x" { p.source.stdin { format = "json" }, p.sink.stdout {} }')
    w.run("run", "script.lua", stdin='[{"a":1},\n {"a":2}]\n').exits(0).prints('{"a":1}\n{"a":2}\n')
