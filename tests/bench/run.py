#!/usr/bin/env python3
"""Measures the jobs j1 to j7 against their ceilings, and o1 against curl, on one core, and prints a table in Markdown.

    tests/bench/run.py [--mib 256] [--runs 5] [--jobs j1,j2] [--workers]

Called by scripts/bench, which builds what is needed. Each figure is the median of the runs; the ceiling is run in turn with
the program, so that both see the same machine. Times include the start and the end of the process. Peak memory is never less
than this Python's own at the fork (about 15 MB), which Linux counts in.
"""
import argparse
import contextlib
import os
import pathlib
import platform
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/release/penstock"
GENERATE = ROOT / "build/bench/bench_generate"
CEILINGS = ROOT / "build/bench/bench_ceilings"
RECEIVE = ROOT / "build/bench/bench_receive"
VERSITYGW = ROOT / "build/deps/bin/versitygw"  # of scripts/setup
SEED = 42
OTHER_CORE = str((os.cpu_count() or 1) - 1)  # of peers: the program and the ceiling have core 0

# job: (data, what it does, share of the ceiling to reach in percent)
JOBS = {
    "j1": ("edge", "lines through, unparsed", 60),
    "j2": ("edge", "JSON: filter, 8 of 43 fields", 55),
    "j3": ("edge", "J2, sample 10 %, gzip", 55),
    "j4": ("edge", "JSON: Lua transform, all fields", 50),
    "j5": ("nginx", "nginx lines to JSON", 70),
    "j6": ("syslog", "syslog over TCP to JSON", 55),
    "j7": ("edge", "J2, gzip, HTTP POST", 50),
    "o1": ("edge1g", "1 GiB of lines to S3 (ceiling: curl -T)", 70),
}
MIB = {"edge1g": 1024}  # data of a size of its own


class Run:
    """One process: wall and CPU seconds, peak resident bytes. `feed` is given the process, once it runs, and returns when
    the clock began to count; without it that is the start of the process."""

    def __init__(self, command, core="0", feed=None):
        started = time.perf_counter()
        process = subprocess.Popen(["taskset", "-c", core, *map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if feed:
            started = feed(process)
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{said.decode(errors='replace')}")
        self.cpu = usage.ru_utime + usage.ru_stime
        self.resident = usage.ru_maxrss * 1024


def penstock(script, data, output, *options):
    # No state directory: the ceilings keep no positions either.
    return [PROGRAM, "run", ROOT / "tests/bench" / script, "--set", f"input={data}", "--set", f"output={output}", *options]


def median(runs, value):
    return statistics.median(value(run) for run in runs)


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


class Receiver:
    """Takes what is POSTed, on the other core."""

    def __enter__(self):
        self.process = subprocess.Popen(["taskset", "-c", OTHER_CORE, RECEIVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}/"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


@contextlib.contextmanager
def store(work):
    """An S3 server that checks signatures, on the other core, with a bucket `logs`. -> its URL, and one that takes a PUT"""
    import boto3
    from botocore.config import Config

    environment = dict(os.environ, ROOT_ACCESS_KEY="bench", ROOT_SECRET_KEY="bench-secret", AWS_ACCESS_KEY_ID="bench", AWS_SECRET_ACCESS_KEY="bench-secret")
    os.environ |= {name: value for name, value in environment.items() if name.startswith("AWS_")}
    port, root = free_port(), fresh(work / "store")
    process = subprocess.Popen(["taskset", "-c", OTHER_CORE, str(VERSITYGW), "--port", f"127.0.0.1:{port}", "--region", "eu-west-1", "--keep-alive", "posix", str(root)],
                               env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        connect(port, process).close()
        url = f"http://127.0.0.1:{port}"
        client = boto3.client("s3", endpoint_url=url, region_name="eu-west-1", config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))
        client.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield url, client.generate_presigned_url("put_object", Params={"Bucket": "logs", "Key": "by-curl"})
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(root)


def send_file(data, port, ended_by_signal):
    """Feeds a process that listens: the whole file over one connection, as fast as it takes it."""
    def feed(process):
        os.sched_setaffinity(0, {int(OTHER_CORE)})
        peer = connect(port, process)
        started = time.perf_counter()
        with open(data, "rb") as file, peer:
            peer.sendfile(file)
            peer.shutdown(socket.SHUT_WR)
            peer.recv(1)  # its end of the connection is closed when it has read everything
        os.sched_setaffinity(0, range(os.cpu_count()))
        if ended_by_signal:
            process.send_signal(signal.SIGTERM)
        return started
    return feed


def connect(port, process):
    for _ in range(500):
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            if process.poll() is not None:
                break
            time.sleep(0.01)
    sys.exit(f"nothing listens on port {port}")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def run_both(job, data, out):
    """The ceiling and the program, one after the other."""
    one = ("--workers", "1")
    if job == "j6":
        port, other = free_port(), free_port()
        ceiling = Run([CEILINGS, job, port, out / "ceiling"], feed=send_file(data, port, False))
        return ceiling, Run(penstock("j6.lua", data, out / "penstock", "--set", f"port={other}", *one), feed=send_file(data, other, True))
    if job == "j7":
        with Receiver() as receiver:
            ceiling = Run([CEILINGS, job, data, receiver.url])
            return ceiling, Run(penstock("j7.lua", data, out / "penstock", "--set", f"url={receiver.url}", *one))
    if job == "o1":
        # A server for each: one that has a gibibyte behind it is slower.
        with store(out) as (_, to):
            ceiling = Run(["curl", "-sSf", "-T", data, to])
        with store(out) as (url, _):
            return ceiling, Run(penstock("o1.lua", data, out / "penstock", "--set", f"url={url}", *one))
    return Run([CEILINGS, job, data, out / "ceiling"]), Run(penstock(f"{job}.lua", data, out / "penstock", *one))


def measure(job, data, work, runs):
    size, lines = data.stat().st_size, count_lines(data)
    ours, ceiling = [], []
    for turn in range(runs + 1):  # the first of each warms up
        out = fresh(work / "out")
        best, mine = run_both(job, data, out)
        ceiling.append(best)
        ours.append(mine)
        if turn == 0:
            same_output(job, out)
    wall, cpu = median(ours[1:], lambda r: r.wall), median(ours[1:], lambda r: r.cpu)
    best = median(ceiling[1:], lambda r: r.wall)
    spread = max(abs(r.wall - wall) / wall for r in ours[1:])
    _, what, target = JOBS[job]
    print(f"| {job.upper()} {what} | {size / wall / 1e6:,.0f} | {lines / wall:,.0f} | {cpu / size * 1e9:.2f} | "
          f"{max(r.resident for r in ours) / 2**20:.0f} | {size / best / 1e6:,.0f} | {best / wall:.0%} | {target} % | {spread:.0%} |", flush=True)


def same_output(job, out):
    """Both wrote the same number of events (byte for byte in j1), or the figures mean nothing."""
    ours, theirs = out / "penstock", out / "ceiling"
    if job in ("j3", "j7", "o1"):  # random: about the same; sent away
        return
    if job == "j1" and subprocess.run(["cmp", "-s", ours, theirs]).returncode != 0:
        sys.exit("j1: the output differs from the input")
    if count_lines(ours) != count_lines(theirs):
        sys.exit(f"{job}: {count_lines(ours)} events from penstock, {count_lines(theirs)} from the ceiling")


def measure_workers(data, work, runs):
    """J2 over two files: two workers on two cores against one worker on one."""
    second = work / "second.ndjson"
    shutil.copyfile(data, second)
    inputs, first = work / "*.ndjson", work / "first.ndjson"
    os.link(data, first)
    one, two = [], []
    for _ in range(runs + 1):
        out = fresh(work / "out")
        one.append(Run(penstock("j2.lua", inputs, out / "one", "--workers", "1"), "0"))
        two.append(Run(penstock("j2.lua", inputs, out / "two", "--workers", "2"), "0,1"))
    second.unlink()
    first.unlink()
    size = 2 * data.stat().st_size
    alone, both = median(one[1:], lambda r: r.wall), median(two[1:], lambda r: r.wall)
    print(f"\nTwo workers on two files (J2): {size / both / 1e6:,.0f} MB/s, one worker: {size / alone / 1e6:,.0f} MB/s, {alone / both:.2f} times as fast.")


def count_lines(file):
    return int(subprocess.run(["wc", "-l", file], check=True, capture_output=True).stdout.split()[0])


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    compiler = subprocess.run(["c++", "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}, {compiler}, {time.strftime('%Y-%m-%d')}"


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--mib", type=int, default=256, help="size of the input (default 256)")
    options.add_argument("--runs", type=int, default=5, help="runs of each, after one to warm up (default 5)")
    options.add_argument("--jobs", default=",".join(JOBS), help="comma separated")
    options.add_argument("--no-workers", action="store_true", help="leave out the comparison of two workers with one")
    chosen = options.parse_args()
    jobs = chosen.jobs.split(",") if chosen.jobs else []
    for job in jobs:
        if job not in JOBS:
            sys.exit(f"unknown job '{job}': {', '.join(JOBS)}")

    # Files in memory: a disk's mood is no part of this.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix="penstock-bench-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        work = pathlib.Path(folder)
        data = {}
        for kind in sorted({JOBS[job][0] for job in jobs} | ({"edge"} if not chosen.no_workers else set())):
            data[kind] = work / f"{kind}.data"
            with open(data[kind], "wb") as out:
                subprocess.run([GENERATE, kind.removesuffix("1g"), str(MIB.get(kind, chosen.mib)), str(SEED)], stdout=out, check=True)
        print(f"{machine()}; {chosen.mib} MiB of input in memory, one core, median of {chosen.runs} runs\n")
        if jobs:
            print("| job | MB/s | events/s | CPU s/GB | peak MB | ceiling MB/s | of the ceiling | goal | spread |")
            print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
        for job in jobs:
            measure(job, data[JOBS[job][0]], work, chosen.runs)
        if not chosen.no_workers and os.cpu_count() > 1:
            measure_workers(data["edge"], work, chosen.runs)


if __name__ == "__main__":
    main()
