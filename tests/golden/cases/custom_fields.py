"""Custom fields behind `fields`, as the whole program has them."""
import json

from golden import case

EVENTS = [
    {"EdgeStartTimestamp": 1, "ClientIP": "1.1.1.1", "ClientRequestHost": "Shop.EXAMPLE", "EdgeResponseStatusCode": 503, "ClientRequestPath": "/a",
     "RequestHeaders": {"x-request-id": "r1", "authorization": "tok_1"}, "Cookies": {"session": "s1"}},
    {"EdgeStartTimestamp": 2, "ClientIP": "1.1.1.2", "ClientRequestHost": "B", "EdgeResponseStatusCode": 500, "ClientRequestPath": "/b"},
    {"EdgeStartTimestamp": 3, "ClientIP": "1.1.1.3", "ClientRequestHost": "C", "EdgeResponseStatusCode": 200, "ClientRequestPath": "/c"},
    {"EdgeStartTimestamp": 4, "ClientIP": "1.1.1.4", "ClientRequestHost": "D", "EdgeResponseStatusCode": 502, "ClientRequestPath": "/health"},
]
INPUT = "".join(json.dumps(event) + "\n" for event in EVENTS).encode()

# The stages of the contract's own example; every sampled event stays, so that the output is known.
STAGES = """
  p.filter "EdgeResponseStatusCode >= 500 and not ClientRequestPath starts_with '/health'",
  p.sample (1.0),
  p.fields { "EdgeStartTimestamp", "ClientIP", "ClientRequestHost", "EdgeResponseStatusCode" },%s
  p.custom_fields { request_headers = { "X-Request-Id" }, cookies = { "session" } },
  p.transform (function(event)
    event.ClientRequestHost = event.ClientRequestHost:lower()
  end),
"""


def piped(w, between="", command="run"):
    w.write("in.ndjson", INPUT)
    w.script('local p = require "penstock"\np.pipeline "edge-errors" { p.source.file { path = "in.ndjson", format = "json", follow = false },'
             + STAGES % between + " p.sink.stdout {} }")
    return w.run(command, "script.lua").exits(0)


@case
def the_contracts_example_collects_what_fields_dropped(w):
    piped(w).prints(b'{"EdgeStartTimestamp":1,"ClientIP":"1.1.1.1","ClientRequestHost":"shop.example","EdgeResponseStatusCode":503,'
                    b'"CustomFields":{"X-Request-Id":"r1","session":"s1"}}\n'
                    b'{"EdgeStartTimestamp":2,"ClientIP":"1.1.1.2","ClientRequestHost":"b","EdgeResponseStatusCode":500}\n')


@case
def explain_says_what_is_kept_aside(w):
    piped(w, command="explain").prints_like(r"RequestHeaders, Cookies kept aside for it", r"fields read: .*RequestHeaders, Cookies")


@case
def lua_between_sees_nothing_of_it_and_what_it_writes_counts(w):
    seen = 'p.transform (function(event) event.seen = event.RequestHeaders ~= nil or event:raw():find "x%-request%-id" ~= nil end),'
    assert all(b'"seen":false' in line for line in piped(w, seen).stdout.splitlines())
    written = piped(w, 'p.transform (function(event) event.RequestHeaders = nil event.Cookies = { session = "new" } end),').stdout
    assert b"r1" not in written and b'"CustomFields":{"session":"new"}' in written, written


@case
def a_redaction_between_is_not_passed_by(w):
    out = piped(w, 'p.redact { patterns = { "^r1$" } }, p.remove { "Cookies" },').stdout
    assert b"r1" not in out and b"s1" not in out and b'"CustomFields":{"X-Request-Id":"[redacted]"}' in out, out


@case
def branches_take_what_the_trunk_dropped(w):
    w.write("in.ndjson", INPUT)
    w.script("""local p = require "penstock"
p.pipeline "routed" {
  p.source.file { path = "in.ndjson", format = "json", follow = false },
  p.fields { "EdgeStartTimestamp" },
  p.route {
    { "EdgeStartTimestamp == 1", p.custom_fields { cookies = { "session" } }, p.sink.file { path = "one" } },
    otherwise = { p.sink.file { path = "rest" } },
  },
}""")
    w.run("run", "script.lua").exits(0)
    assert w.read("one") == b'{"EdgeStartTimestamp":1,"CustomFields":{"session":"s1"}}\n', w.read("one")
    assert w.read("rest") == b'{"EdgeStartTimestamp":2}\n{"EdgeStartTimestamp":3}\n{"EdgeStartTimestamp":4}\n'
