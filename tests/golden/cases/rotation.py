"""What becomes of a followed file is told: renamed, truncated, deleted, compressed."""
import gzip

from golden import case

FOLLOW = """p.pipeline "x" { p.source.file { path = "in/*.log*", rescan = "50ms" },
  p.sink.file { path = "out", linger = "10ms" } }"""


def lines(first, last, pad=40):
    return "".join(f'{{"n":{n},"pad":"{"x" * pad}"}}\n' for n in range(first, last + 1)).encode()


class Following:
    def __init__(self, w, content):
        self.w, self.folder = w, w.path / "in"
        self.folder.mkdir()
        w.script(FOLLOW)
        (self.folder / "a.log").write_bytes(content)
        self.running = w.start("run", "script.lua", "--state", "state", log="log")
        self.gives(content)

    def gives(self, content):
        out = self.w.path / "out"
        self.w.waits_for(lambda: out.exists() and out.read_bytes() == content, f"the output of {len(content)} bytes")

    def says(self, pattern):
        self.w.waits_for(lambda: self.running.said(pattern), f"the log to say {pattern}")

    def ends(self, content):
        self.running.signal(15).ends().exits(0)
        self.gives(content)


def compressed(count):
    def holds(w):
        content = lines(1, count)
        follow = Following(w, content)
        (follow.folder / "a.log").rename(follow.folder / "a.log.1")
        follow.says(r"in/a\.log: renamed to in/a\.log\.1")
        (follow.folder / "a.log.1.gz").write_bytes(gzip.compress(content))
        (follow.folder / "a.log.1").unlink()
        follow.says(r"in/a\.log\.1: deleted; it was read to its end")
        follow.says(rf"in/a\.log\.1\.gz: holds the compressed content of in/a\.log\.1, which has been read up to byte {len(content)}")
        follow.ends(content)

    return holds


case(compressed(100), "a log that is compressed after rotation is told and not read again")
case(compressed(2), "also one that is smaller than its fingerprint")


@case
def a_log_that_is_copied_and_truncated_is_told(w):
    first, then = lines(1, 100), lines(200, 210)
    follow = Following(w, first)
    with open(follow.folder / "a.log", "r+b") as log:
        log.truncate(0)
    follow.says(r"in/a\.log: truncated to 0 bytes; it is read from its start")
    (follow.folder / "a.log").write_bytes(then)
    follow.ends(first + then)


@case
def a_log_that_is_deleted_or_moved_away_is_told(w):
    content = lines(1, 100)
    follow = Following(w, content)
    (follow.folder / "a.log").rename(w.path / "elsewhere")
    follow.says(r"in/a\.log: moved to where the pattern does not look; it was read to its end")
    follow.ends(content)
