"""The vocabulary of the golden tests: run the real program on real files, compare bytes, exit codes and messages.

A case is a function in cases/ that gets a Workspace (an empty folder and the program) and reads as a specification:

    @case
    def a_missing_file_is_named(w):
        w.script('p.pipeline "x" { p.source.file { path = "gone.ndjson" }, p.sink.stdout {} }')
        w.run("run", "script.lua").exits(1).says(r"gone\\.ndjson")
"""
import os
import pathlib
import re
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = []  # (group, name, function), in the order of their definition


class Failure(Exception):
    """The program did something else than the case says."""


class Skip(Exception):
    """The machine lacks what the case needs; the text says what."""


def case(function, name=None):
    """Registers a case; its name is the function's, or the one given when a loop makes many."""
    group = function.__module__.rpartition(".")[2]
    CASES.append((group, (name or function.__name__).replace("_", " "), function))
    return function


def as_bytes(content):
    return content if isinstance(content, bytes) else content.encode()


def shown(content, limit=1500):
    text = content.decode("utf-8", "backslashreplace")
    return text if len(text) <= limit else text[: limit // 2] + f"\n... {len(text) - limit} characters ...\n" + text[-limit // 2 :]


class Result:
    """What a finished run left behind. Checks return the result, so that they can be chained."""

    def __init__(self, command, code, stdout, stderr):
        self.command, self.code, self.stdout, self.stderr = command, code, stdout, stderr

    def fail(self, what):
        raise Failure(f"{what}\n$ {' '.join(map(str, self.command))}\nexit {self.code}\nstdout: {shown(self.stdout)}\nstderr: {shown(self.stderr)}")

    def check(self, condition, what):
        if not condition:
            self.fail(what)
        return self

    def exits(self, code):
        return self.check(self.code == code, f"expected exit status {code}, got {self.code}")

    def prints(self, content):
        """Stdout is exactly this."""
        content = as_bytes(content)
        return self.check(self.stdout == content, f"expected stdout:\n{shown(content)}")

    def prints_like(self, *patterns):
        """Each regular expression is found in stdout."""
        return self._like(self.stdout, "stdout", patterns)

    def says(self, *patterns):
        """Each regular expression is found in stderr."""
        return self._like(self.stderr, "stderr", patterns)

    def never_says(self, *patterns):
        """None is found in stdout or stderr."""
        for pattern in patterns:
            found = re.search(as_bytes(pattern), self.stdout + self.stderr, re.M)
            self.check(not found, f"did not expect /{pattern}/ in the output")
        return self

    def _like(self, content, where, patterns):
        for pattern in patterns:
            self.check(re.search(as_bytes(pattern), content, re.M), f"expected /{pattern}/ in {where}")
        return self


class Running:
    """A run that has not ended."""

    def __init__(self, command, process, log=None):
        self.command, self.process, self.log = command, process, log

    def signal(self, number):
        self.process.send_signal(number)
        return self

    def send(self, content):
        self.process.stdin.write(as_bytes(content))
        self.process.stdin.flush()

    def ends(self, within=30):
        """Waits for the end; a run that does not end in time is killed and fails the case."""
        try:
            stdout, stderr = self.process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            stdout, stderr = self.process.communicate()
            Result(self.command, None, stdout, stderr).fail(f"expected an end within {within} s")
        return Result(self.command, self.process.returncode, stdout, self.log.read_bytes() if self.log else stderr)

    def said(self, pattern):
        """How often the regular expression stands in stderr by now; for runs that were started with a log."""
        return len(re.findall(as_bytes(pattern), self.log.read_bytes(), re.M))


class Workspace:
    """An empty folder, the working directory of the runs, and the program."""

    prelude = 'local p = require "penstock"\n'

    def __init__(self, path, program):
        self.path, self.program = pathlib.Path(path), program
        self.running = []

    def write(self, name, content):
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(as_bytes(content))
        return file

    def append(self, name, content):
        with open(self.path / name, "ab") as file:
            file.write(as_bytes(content))

    def read(self, name):
        file = self.path / name
        if not file.is_file():
            have = sorted(str(f.relative_to(self.path)) for f in self.path.rglob("*") if f.is_file())
            raise Failure(f"expected a file {name}; there are: {', '.join(have)}")
        return file.read_bytes()

    def holds(self, name, content):
        """The file is exactly this."""
        content, found = as_bytes(content), self.read(name)
        if found != content:
            raise Failure(f"{name}: expected\n{shown(content)}\nfound\n{shown(found)}")

    def script(self, text, name="script.lua"):
        """Writes a script; the first line is the usual require, so the text's first line is line 2."""
        return self.write(name, self.prelude + text)

    def run(self, *arguments, stdin=b"", env=None, timeout=60, prefix=(), stdout=subprocess.PIPE, program=None):
        """Runs the program (or another one) to its end; `prefix` is a command that runs it, such as prlimit."""
        command = [*prefix, str(program or self.program), *map(str, arguments)]
        try:
            done = subprocess.run(command, input=as_bytes(stdin), stdout=stdout, stderr=subprocess.PIPE, cwd=self.path,
                                  env=self._environment(env), timeout=timeout)
        except subprocess.TimeoutExpired as late:
            Result(command, None, late.stdout or b"", late.stderr or b"").fail(f"expected an end within {timeout} s")
        return Result(command, done.returncode, done.stdout or b"", done.stderr)

    def start(self, *arguments, env=None, log=None):
        """Starts a run; with `log`, the name of a file, its stderr goes there and can be read while it runs."""
        command = [str(self.program), *map(str, arguments)]
        stderr = open(self.path / log, "wb") if log else subprocess.PIPE
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, cwd=self.path,
                                   env=self._environment(env))
        if log:
            stderr.close()
        running = Running(command, process, self.path / log if log else None)
        self.running.append(running)
        return running

    def waits_for(self, condition, what, within=20):
        """Until the condition holds: what other processes do has no other signal."""
        deadline = time.monotonic() + within
        while not condition():
            if time.monotonic() > deadline:
                raise Failure(f"expected within {within} s: {what() if callable(what) else what}")
            time.sleep(0.01)

    def end_all(self):
        for running in self.running:
            if running.process.poll() is None:
                running.process.send_signal(signal.SIGKILL)
                running.process.communicate()

    @staticmethod
    def _environment(extra):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PENSTOCK")}
        return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC", **(extra or {})}
