"""A real S3 server that checks signatures (versitygw, on a directory), and a client that is not ours (boto3, what AWS's command line
stands on).

versitygw is found in build/deps/bin, where scripts/setup puts it, on PATH, or by PENSTOCK_VERSITYGW.
"""
import os
import pathlib
import shutil

from harness.ledger import Ledger
from harness.site import Skip

KEY, SECRET, REGION = "AKTEST", "sekret/+key", "eu-west-1"


def _versitygw():
    places = [os.environ.get("PENSTOCK_VERSITYGW"), shutil.which("versitygw"), pathlib.Path(__file__).resolve().parents[3] / "build/deps/bin/versitygw"]
    for place in places:
        if place and os.access(place, os.X_OK):
            return str(place)
    raise Skip("needs versitygw")


def _client(url):
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise Skip("needs boto3 (python3-boto3)") from None
    return boto3.client("s3", endpoint_url=url, region_name=REGION, aws_access_key_id=KEY, aws_secret_access_key=SECRET, config=Config(s3={"addressing_style": "path"}))


class Store:
    """One server with one bucket, `logs`."""

    secret = SECRET

    def __init__(self, site, *options):
        self.site, self.options = site, options
        self._program = _versitygw()
        self.port = site.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.root = site.path / "store"
        self.root.mkdir()
        self._process = None
        self.client = _client(self.url)
        self.start()
        self.client.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": REGION})

    def start(self):
        environment = dict(os.environ, ROOT_ACCESS_KEY=KEY, ROOT_SECRET_KEY=SECRET)
        self._process = self.site.spawn(self._program, "--port", f"127.0.0.1:{self.port}", "--region", REGION, "--keep-alive", *self.options, "--access-log", self.site.path / "access.log",
                                        "posix", self.root, env=environment, log="versitygw.log")
        self.site.listens(self.port)

    def stop(self):
        self._process.kill()
        self._process.wait()

    def keys(self, prefix=""):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket="logs", Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def head(self, key):
        return self.client.head_object(Bucket="logs", Key=key)

    def open_uploads(self):
        return [(entry["Key"], entry["UploadId"]) for entry in self.client.list_multipart_uploads(Bucket="logs").get("Uploads", [])]

    def read(self, prefix=""):
        """-> {key: its bytes as they are stored}"""
        return {key: self.client.get_object(Bucket="logs", Key=key)["Body"].read() for key in self.keys(prefix)}

    def ledger(self):
        """Of the lines of all objects, which are not compressed."""
        ledger = Ledger()
        for key in self.keys():
            ledger.record(self.lines(key))
        return ledger

    def lines(self, key):
        """Of an object that is not compressed."""
        whole, _, unended = self.client.get_object(Bucket="logs", Key=key)["Body"].read().rpartition(b"\n")
        assert not unended, f"an object ends in the middle of an event: {unended[:200]!r}"
        return whole.split(b"\n")

    def put(self, key, content, **headers):
        self.client.put_object(Bucket="logs", Key=key, Body=content, **headers)

    def source(self, options="", url=None):
        return f'p.source.s3 {{ {self._place(options, url)} }}'

    def sink(self, options="", url=None):
        return f'p.sink.s3 {{ {self._place(options, url)} }}'

    def _place(self, options, url):
        return (f'bucket = "logs", endpoint = "{url or self.url}", region = "{REGION}", {options}{"," if options else ""} '
                f'credentials = {{ access_key_id = "{KEY}", secret_access_key = p.secret "file:secret" }}')
