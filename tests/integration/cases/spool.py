"""The disk under the spool: full, read-only, taken away, damaged, and full again. Nothing that was accepted is lost, and what the disk
itself has lost is told."""
import itertools
import os
import re
import shutil
import subprocess

from harness import events, senders, spool
from harness.crash import MEGABYTE, script
from harness.site import Failure, Skip, case, needs_root

FILE = 'p.source.file { path = "in.ndjson", format = "json", rescan = "50ms" }'


def lines_of(w, first, last):
    w.append("in.ndjson", events.lines("file", range(first, last + 1)))
    return [("file", n) for n in range(first, last + 1)]


class Spooling:
    """A file into the disk buffer of an HTTP sink whose destination is down, for now."""

    def __init__(self, w, source=FILE, state="state", buffer="disk", prefix=()):
        self.w, self.state = w, w.path / state
        w.write("in.ndjson", "")
        self.destination = w.destination()
        self.ledger = self.destination.ledger
        self.destination.behave("refuse")
        w.script(script(source, self.destination, buffer))
        self.program = w.penstock("run", "script.lua", "--state", state, "--workers", "1", prefix=prefix)

    def spooled(self, count, within=30):
        """Until that many events are in the spool."""
        self.w.waits_for(lambda: spool.count(self.state) >= count, f"{count} events in the spool", within)

    def says(self, pattern):
        self.w.waits_for(lambda: re.search(pattern, self.program.said()), f"/{pattern}/ in what it says")

    def deliver(self, keys):
        """The destination is well again: all arrives, and the program ends with everything accounted for. -> how it ended"""
        self.destination.behave("ok")
        try:
            self.w.waits_for(lambda: self.ledger.has(keys), "every event at the destination", within=60)
        except Failure as failure:
            missing = self.ledger.missing(keys)
            raise Failure(f"{failure}: {len(missing)} of {len(keys)} are missing, such as {missing[:3]}; it said\n{self.program.said()[-3000:]}") from None
        ended = self.program.stop().balances("crash")
        assert not self.ledger.torn, self.ledger.torn[:3]
        return ended


@case
def a_restart_delivers_what_was_spooled(w):
    run = Spooling(w)
    keys = lines_of(w, 1, 5000)
    run.program.start()
    run.spooled(5000)
    run.program.kill()
    (w.path / "in.ndjson").unlink()  # the spool alone has them now, as far as they were behind the checkpoint
    run.program.start()
    run.deliver(keys)
    assert not spool.packages(run.state), "the spool is not empty"


@case
def a_drain_keeps_what_could_not_be_delivered(w):
    """Events that wait in the spool at the end are no loss, but the exit status says that they wait."""
    run = Spooling(w)
    keys = lines_of(w, 1, 1000)
    run.program.start()
    run.spooled(1000)
    ended = run.program.stop().exits(1).balances("crash")
    assert ended.counts("crash")["waiting in the spool"] == 1000, ended.said
    run.destination.behave("ok")
    run.program.start()
    run.deliver(keys).exits(0)
    assert run.ledger.duplicates() == 0


# Disks


def small_disk(w, name, size):
    """A file system of that size at that name; in the end it goes."""
    needs_root("a file system of its own")
    place = w.path / name
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], stderr=subprocess.DEVNULL).returncode != 0:
        raise Skip("needs mounts, which are not allowed here")
    w.finally_do(lambda: subprocess.run(["umount", "-l", place]))
    return place


@case
def a_full_disk_holds_up_the_source_and_loses_nothing(w):
    disk = small_disk(w, "disk", "1m")
    run = Spooling(w, state="disk/state")
    keys = lines_of(w, 1, 20_000)  # 3 MB
    run.program.start()
    run.says("No space left")
    for _ in range(3):
        run.program.kill()
        run.program.start()
        run.says("No space left")
    assert shutil.disk_usage(disk).free < 128 * 1024
    run.deliver(keys).exits(0)
    assert run.program.rss_max < 128 * MEGABYTE


@case
def a_disk_that_fills_up_and_is_emptied_again(w):
    disk = small_disk(w, "disk", "4m")
    run = Spooling(w, state="disk/state")
    run.program.start()
    keys = lines_of(w, 1, 2000)
    run.spooled(2000)
    with open(disk / "ballast", "wb", buffering=0) as ballast:  # somebody else's
        try:
            while True:
                ballast.write(bytes(4096))
        except OSError:
            pass
    keys += lines_of(w, 2001, 6000)
    run.says("No space left")
    os.remove(disk / "ballast")
    run.spooled(6000)
    run.program.kill()
    run.program.start()
    run.deliver(keys).exits(0)


@case
def a_full_disk_while_the_destination_is_well_delivers_from_memory(w):
    disk = small_disk(w, "disk", "256k")
    run = Spooling(w, state="disk/state", buffer="memory and spool")
    run.program.start()
    keys = lines_of(w, 1, 10_000)
    run.says("No space left")
    assert disk.exists()
    run.deliver(keys).exits(0)


@case
def a_limit_on_file_sizes_is_a_full_disk(w):
    """Where no mount is allowed: files beyond 64 KiB cannot be written, and a package is larger."""
    prlimit = shutil.which("prlimit")
    if not prlimit:
        raise Skip("needs prlimit (package util-linux)")
    run = Spooling(w, prefix=(prlimit, "--fsize=262144"), source=FILE)
    keys = lines_of(w, 1, 20_000)
    w.script(script(FILE, run.destination, "disk").replace("batch = { events = 100 }", 'batch = { bytes = "400KiB" }'))
    run.program.start()
    run.says("File too large")
    run.program.kill()
    run.program = w.penstock("run", "script.lua", "--state", "state", "--workers", "1").start()
    run.deliver(keys).exits(0)


@case
def a_spool_directory_that_is_replaced(w):
    run = Spooling(w)
    run.program.start()
    keys = lines_of(w, 1, 1000)
    run.spooled(1000)
    place = run.state / "spool"
    place.rename(run.state / "elsewhere")
    place.write_bytes(b"a file, not a directory")
    keys += lines_of(w, 1001, 2000)
    run.says("Not a directory")
    place.unlink()
    (run.state / "elsewhere").rename(place)
    run.spooled(2000)
    run.deliver(keys).exits(0)


@case
def a_push_source_on_a_full_disk_says_so_to_its_senders(w):
    """Under a full disk nothing is answered with success; once there is room again all that was accepted arrives."""
    small_disk(w, "disk", "512k")
    port = w.free_port()
    run = Spooling(w, f'p.source.http {{ listen = "127.0.0.1:{port}", format = "json", answer_timeout = "1s" }}', state="disk/state")
    run.program.start()
    clients = [senders.HttpSender(port, name=f"http{i}", seed=w.seed, seconds_between=0, batch_events=50).start() for i in range(4)]
    run.says("No space left")
    w.waits_for(lambda: any(status in (429, 503) for client in clients for status in client.statuses), "a refusal")
    run.program.kill()
    run.program.start()
    run.destination.behave("ok")
    for client in clients:
        client.stop()
    run.deliver(list(itertools.chain(*(client.accepted for client in clients)))).exits(0)


# Damage


def flip_a_byte(file):
    content = bytearray(file.read_bytes())
    content[len(content) * 2 // 3] ^= 0x20
    file.write_bytes(content)


def cut(file):
    os.truncate(file, file.stat().st_size - 7)


def empty(file):
    os.truncate(file, 0)


def lengthen(file):
    with open(file, "ab") as more:
        more.write(b"something behind it")


@case
def damaged_packages_are_set_aside_and_the_rest_is_delivered(w):
    run = Spooling(w)
    keys = lines_of(w, 1, 3000)
    run.program.start()
    run.spooled(3000)
    run.program.stop()
    files = spool.packages(run.state)
    assert len(files) >= 10, len(files)
    lost = set()
    for file, damage in zip(files[1::2], (flip_a_byte, cut, empty, lengthen)):
        lost |= spool.keys(file)
        damage(file)
    (files[0].parent / "notes.txt").write_text("nobody's")
    (files[0].parent / (files[0].name + ".tmp")).write_text("what a crash leaves behind")

    run.program.start()
    ended = run.deliver([key for key in keys if key not in lost])
    ended.exits(1).says(r"damaged|set aside", rf"\b{len(lost)} ")
    assert not lost & {key for key, _ in run.ledger.arrivals()}, "a damaged package was delivered"
    assert run.ledger.duplicates() == 0
    assert len(spool.set_aside(run.state)) == 4 and not spool.packages(run.state)
    run.program.start()
    run.deliver(lines_of(w, 3001, 3100)).exits(0)  # that has been said, once


@case
def damaged_checkpoints_are_set_aside_and_reading_begins_again(w):
    run = Spooling(w)
    run.destination.behave("ok")
    keys = lines_of(w, 1, 500)
    run.program.start()
    w.waits_for(lambda: run.ledger.has(keys), "500 events")
    run.program.stop().exits(0)
    database = run.state / "state.db"
    database.write_bytes(b"no database at all" * 500)
    keys += lines_of(w, 501, 1000)
    run.program.start()
    run.deliver(keys)
    run.says("set aside")
