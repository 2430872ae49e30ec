"""A real S3 server that checks signatures (versitygw, on a directory), and the AWS command line as a client that is not ours.

versitygw is found on PATH, in build/deps/bin, or by PENSTOCK_VERSITYGW; `go install github.com/versity/versitygw/cmd/versitygw@latest`
makes it.
"""
import json
import os
import pathlib
import shutil
import subprocess

from harness.ledger import Ledger
from harness.site import Skip, needs

KEY, SECRET, REGION = "AKTEST", "sekret/+key", "eu-west-1"


def _versitygw(site):
    places = [os.environ.get("PENSTOCK_VERSITYGW"), shutil.which("versitygw"), pathlib.Path(__file__).resolve().parents[3] / "build/deps/bin/versitygw"]
    for place in places:
        if place and os.access(place, os.X_OK):
            return str(place)
    raise Skip("needs versitygw")


class Store:
    """One server with one bucket, `logs`."""

    def __init__(self, site):
        self.site = site
        self.aws_command = needs("aws", "awscli")
        self.port = site.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.root = site.path / "store"
        self.root.mkdir()
        self._program = _versitygw(site)
        self._process = None
        self.start()
        self.aws("s3", "mb", "s3://logs")

    def start(self):
        environment = dict(os.environ, ROOT_ACCESS_KEY=KEY, ROOT_SECRET_KEY=SECRET)
        self._process = self.site.spawn(self._program, "--port", f"127.0.0.1:{self.port}", "--region", REGION, "--keep-alive", "--access-log", self.site.path / "access.log",
                                        "posix", self.root, env=environment, log="versitygw.log")
        self.site.listens(self.port)

    def stop(self):
        self._process.kill()
        self._process.wait()

    def aws(self, *words):
        environment = dict(os.environ, AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET, AWS_DEFAULT_REGION=REGION, AWS_CONFIG_FILE="/dev/null",
                           AWS_SHARED_CREDENTIALS_FILE="/dev/null", AWS_PAGER="")
        done = subprocess.run([self.aws_command, "--endpoint-url", self.url, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, timeout=120)
        assert done.returncode == 0, f"aws {words}: {done.stderr.decode(errors='replace')[-1000:]}"
        return done.stdout

    def keys(self, prefix=""):
        listed = self.aws("s3api", "list-objects-v2", "--bucket", "logs", "--prefix", prefix, "--output", "json")
        return [entry["Key"] for entry in json.loads(listed or b"{}").get("Contents", [])]

    def head(self, key):
        return json.loads(self.aws("s3api", "head-object", "--bucket", "logs", "--key", key, "--output", "json"))

    def open_uploads(self):
        listed = self.aws("s3api", "list-multipart-uploads", "--bucket", "logs", "--output", "json")
        return [(entry["Key"], entry["UploadId"]) for entry in json.loads(listed or b"{}").get("Uploads", [])]

    def read(self):
        """-> {key: its bytes as they are stored}, fetched by the client."""
        into = self.site.path / "fetched"
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir()
        self.aws("s3", "cp", "--recursive", "--only-show-errors", "s3://logs", into)
        return {str(path.relative_to(into)): path.read_bytes() for path in into.rglob("*") if path.is_file()}

    def ledger(self):
        """Of the lines of all objects, which are not compressed."""
        ledger = Ledger()
        for content in self.read().values():
            whole, _, unended = content.rpartition(b"\n")
            assert not unended, f"an object ends in the middle of an event: {unended[:200]!r}"
            ledger.record(whole.split(b"\n"))
        return ledger

    def sink(self, options=""):
        return (f'p.sink.s3 {{ bucket = "logs", endpoint = "{self.url}", region = "{REGION}", {options}{"," if options else ""} '
                f'credentials = {{ access_key_id = "{KEY}", secret_access_key = p.secret "file:secret" }} }}')
