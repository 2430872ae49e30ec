"""p.source.http with curl as its client, and p.sink.http into it."""
import gzip
import json
import re
import shutil
import signal
import subprocess

from golden import Skip, case

SOURCE = """p.pipeline "in" {{
  p.source.http {{ listen = "127.0.0.1:0"{options} }},
  p.sink.file {{ path = "out.ndjson", linger = "1ms" }},
}}"""


class Receiver:
    """A running source, and curl to talk to it."""

    def __init__(self, w, options=""):
        if not shutil.which("curl"):
            raise Skip("curl is not installed")
        self.w = w
        w.script(SOURCE.format(options=", " + options if options else ""))
        self.running = w.start("run", "script.lua", "--state", "state", "--workers", "1", log="receiver.log")
        self.port = None
        w.waits_for(self._find_port, "the source to listen")

    def _find_port(self):
        found = re.search(rb"listens on 127\.0\.0\.1:(\d+)", self.w.read("receiver.log"))
        self.port = found and int(found.group(1))
        return found

    def url(self, path="/", user=""):
        return f"http://{user}127.0.0.1:{self.port}{path}"

    def curl(self, body, *arguments, path="/"):
        """Posts; returns the status and the answer, read as JSON."""
        command = ["curl", "-sS", "--noproxy", "*", "-w", "\n%{http_code}", "--data-binary", "@-", *arguments, self.url(path)]
        out = subprocess.run(command, input=body, capture_output=True, check=True).stdout.decode()
        answer, _, status = out.rpartition("\n")
        return int(status), json.loads(answer)

    def takes(self, body, accepted, *arguments, path="/"):
        got = self.curl(body, *arguments, path=path)
        assert got == (200, {"accepted": accepted, "rejected": 0}), got

    def refuses(self, status, body, *arguments, path="/"):
        got, answer = self.curl(body, *arguments, path=path)
        assert got == status, (got, answer)
        return answer

    def stop(self, code=0):
        self.running.signal(signal.SIGTERM).ends().exits(code)

    def written(self):
        return b"".join(file.read_bytes() for file in sorted(self.w.path.glob("out.ndjson*")))


@case
def curl_posts_ndjson(w):
    receiver = Receiver(w)
    receiver.takes(b'{"n":1}\n{"n":2}\n', 2)
    receiver.takes(b'{"n":3}', 1, "-H", "Content-Type: application/x-ndjson")
    assert receiver.written() == b'{"n":1}\n{"n":2}\n{"n":3}\n', "answered before it was written"
    receiver.stop()


@case
def curl_posts_an_array_and_an_object_over_several_lines(w):
    receiver = Receiver(w)
    receiver.takes(b'[{"n":1},\n {"n":2}]', 2, "-H", "Content-Type: application/json")
    receiver.takes(b'{\n  "n": 3\n}\n', 1)
    receiver.stop()
    assert [json.loads(line)["n"] for line in receiver.written().splitlines()] == [1, 2, 3]


@case
def curl_posts_text(w):
    receiver = Receiver(w)
    receiver.takes(b"one\ntwo", 2, "-H", "Content-Type: text/plain")
    receiver.stop()
    assert receiver.written() == b'{"message":"one"}\n{"message":"two"}\n'


@case
def curl_posts_gzip(w):
    receiver = Receiver(w)
    body = b"".join(b'{"n":%d}\n' % n for n in range(50_000))
    receiver.takes(gzip.compress(body), 50_000, "-H", "Content-Encoding: gzip")
    receiver.stop()
    assert receiver.written() == body


@case
def curl_sends_a_large_body_that_it_asks_for_first(w):
    receiver = Receiver(w)
    body = b"".join(b'{"n":%d}\n' % n for n in range(300_000))
    receiver.takes(body, 300_000, "-H", "Expect: 100-continue")
    receiver.stop()
    assert receiver.written() == body


@case
def wrong_credentials_are_401(w):
    receiver = Receiver(w, 'auth = { basic = { user = "me", password = "secret" } }')
    receiver.refuses(401, b"{}")
    receiver.refuses(401, b"{}", "-u", "me:wrong")
    receiver.takes(b"{}", 1, "-u", "me:secret")
    receiver.running.signal(signal.SIGTERM).ends().exits(0).never_says("secret")


@case
def a_body_too_large_is_413_and_another_type_415(w):
    receiver = Receiver(w, 'max_body = "1KiB"')
    receiver.refuses(413, b"x" * 2000)
    receiver.refuses(413, gzip.compress(b"x" * 2_000_000), "-H", "Content-Encoding: gzip")
    receiver.refuses(415, b"<a/>", "-H", "Content-Type: application/xml")
    receiver.refuses(415, b"{}", "-H", "Content-Encoding: br")
    receiver.takes(b"{}", 1)
    receiver.stop()


@case
def what_is_no_event_is_400_and_told_with_its_place(w):
    receiver = Receiver(w)
    answer = receiver.refuses(400, b'{"n":\n{"m"\n')
    assert answer["accepted"] == 0 and answer["rejected"] == 2 and answer["offset"] == 0 and "json" in answer["error"], answer
    status, answer = receiver.curl(b'{"n":1}\n{"m"\n')
    assert status == 200 and answer["accepted"] == 1 and answer["rejected"] == 1 and answer["first_error_offset"] == 8, answer
    receiver.stop(code=1)


@case
def one_penstock_sends_to_another(w):
    receiver = Receiver(w, 'path = "/v1/logs", auth = { signed_url = { private_key = "abc123" } }')
    w.write("in.ndjson", b"".join(b'{"n":%d}\n' % n for n in range(10_000)))
    for compression in ("none", "gzip", "zlib", "snappy", "snappy_framed", "zstd"):
        w.script(
            f"""p.pipeline "out" {{
              p.source.file {{ path = "in.ndjson", follow = false }},
              p.sink.http {{ url = "{receiver.url("/v1/logs")}", compression = "{compression}", signed_url = {{ private_key = "abc123" }} }},
            }}""",
            name="send.lua",
        )
        w.run("run", "send.lua", env={"no_proxy": "*"}).exits(0).says("10000 delivered")
    receiver.stop()
    assert sorted(json.loads(line)["n"] for line in receiver.written().splitlines()) == sorted(6 * list(range(10_000)))


@case
def a_refused_signature_pauses_the_sender_and_says_so_without_secrets(w):
    receiver = Receiver(w, 'auth = { signed_url = { private_key = "abc123" } }')
    w.write("in.ndjson", b'{"n":1}\n')
    w.script(
        f"""p.pipeline "out" {{
          p.source.file {{ path = "in.ndjson", follow = false }},
          p.sink.http {{ url = "{receiver.url()}", signed_url = {{ private_key = "abc124" }}, pause = "1s" }},
        }}""",
        name="send.lua",
    )
    sender = w.start("run", "send.lua", env={"no_proxy": "*"}, log="sender.log")
    w.waits_for(lambda: sender.said("HTTP 403"), "the refusal to be told")
    log = w.read("sender.log")
    assert b"the signature is wrong" in log and b"abc124" not in log and b"auth_key=" not in log, log
    receiver.stop()


@case
def a_body_that_ends_inside_its_array_is_told(w):
    receiver = Receiver(w)
    status, answer = receiver.curl(b'[{"n":1},{"n":2}', "-H", "Content-Type: application/json")
    assert (status, answer["accepted"], answer["rejected"]) == (200, 2, 1), (status, answer)
    receiver.stop(1)
