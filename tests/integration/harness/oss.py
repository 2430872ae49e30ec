"""A stand-in for Alibaba Cloud OSS: one bucket, `logs`, by path-style addresses. It checks every signature, V4 and V1, by the
published algorithms (Alibaba Cloud OSS, "Include signatures in the Authorization header", "Include a V1 signature"), the dates, the
Content-MD5, and answers with OSS's own errors.
"""
import base64
import calendar
import email.utils
import hashlib
import hmac
import html
import http.server
import threading
import time
import urllib.parse

ID, SECRET, REGION = "LTAItest", "oss/Secret+1", "cn-hangzhou"
SKEW = 15 * 60
# Parameters that name a part of a resource: V1 signs these.
SUBRESOURCES = {"acl", "uploads", "uploadId", "partNumber", "append", "position", "continuation-token", "delete", "tagging", "versionId"}


class Refused(Exception):
    def __init__(self, status, code, message):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


def _hmac(key, text, kind=hashlib.sha256):
    return hmac.new(key, text.encode(), kind).digest()


def _v4(request, parsed):
    """-> the Authorization that the request should have"""
    date = request.headers.get("x-oss-date", "")
    scope = f"{date[:8]}/{REGION}/oss/aliyun_v4_request"
    quote = lambda text: urllib.parse.quote(text, safe="-_.~")
    query = "&".join(sorted(quote(name) + ("=" + quote(value) if value else "") for name, value in parsed.query))
    signed = sorted((name.lower(), value.strip()) for name, value in request.headers.items()
                    if name.lower() in ("content-type", "content-md5") or name.lower().startswith("x-oss-"))
    canonical = "\n".join([request.command, "/logs/" + urllib.parse.quote(parsed.key, safe="/-_.~"), query,
                           "".join(f"{name}:{value}\n" for name, value in signed), "", request.headers.get("x-oss-content-sha256", "")])
    to_sign = "\n".join(["OSS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = _hmac(_hmac(_hmac(_hmac(("aliyun_v4" + SECRET).encode(), date[:8]), REGION), "oss"), "aliyun_v4_request")
    return f"OSS4-HMAC-SHA256 Credential={ID}/{scope},Signature={_hmac(key, to_sign).hex()}"


def _v1(request, parsed):
    signed = sorted((name.lower(), value.strip()) for name, value in request.headers.items() if name.lower().startswith("x-oss-"))
    parts = sorted(name + ("=" + value if value else "") for name, value in parsed.query if name in SUBRESOURCES)
    text = "\n".join([request.command, request.headers.get("content-md5", ""), request.headers.get("content-type", ""), request.headers.get("date", "")])
    text += "\n" + "".join(f"{name}:{value}\n" for name, value in signed) + "/logs/" + parsed.key + ("?" + "&".join(parts) if parts else "")
    return f"OSS {ID}:{base64.b64encode(_hmac(SECRET.encode(), text, hashlib.sha1)).decode()}"


class _Parsed:
    def __init__(self, target):
        path, _, query = target.partition("?")
        self.bucket, _, key = path.lstrip("/").partition("/")
        self.key = urllib.parse.unquote(key)
        self.query = urllib.parse.parse_qsl(query, keep_blank_values=True)
        self.parameters = dict(self.query)


class Oss:
    def __init__(self, clock_offset=0):
        self.objects, self.headers, self.uploads, self.refused = {}, {}, {}, []
        self.modified, self.lists = {}, []
        self.signatures = set()       # kinds that were seen
        self.clock_offset = clock_offset  # of its clock, in seconds
        self.wants_encryption = False
        self.busy = 0                 # so many requests are refused first
        self._lock = threading.Lock()
        oss = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                try:
                    with oss._lock:
                        status, answer, extra = oss._serve(self, body)
                except Refused as refused:
                    oss.refused.append(refused.code)
                    status, extra = refused.status, {}
                    answer = f"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{refused.code}</Code><Message>{refused.message}</Message><RequestId>5C3D9175B6FC201293AD4890</RequestId></Error>"
                answer = answer if isinstance(answer, bytes) else answer.encode()
                self.send_response_only(status)
                self.send_header("Date", email.utils.formatdate(time.time() + oss.clock_offset, usegmt=True))
                for name, value in extra.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer)

            do_PUT = do_POST = do_DELETE = do_HEAD = do_GET = handle_any

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def _check(self, request, parsed):
        given = request.headers.get("authorization", "")
        if given.startswith("OSS4-HMAC-SHA256 "):
            self.signatures.add("v4")
            sent = calendar.timegm(time.strptime(request.headers.get("x-oss-date", ""), "%Y%m%dT%H%M%SZ"))
            expected = _v4(request, parsed)
        elif given.startswith("OSS "):
            self.signatures.add("v1")
            sent = email.utils.parsedate_to_datetime(request.headers.get("date")).timestamp()
            expected = _v1(request, parsed)
        else:
            raise Refused(403, "AccessDenied", "Anonymous access is forbidden for this operation.")
        if abs(sent - time.time() - self.clock_offset) > SKEW:
            raise Refused(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")
        if ID not in given:
            raise Refused(403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist in our records.")
        if given != expected:
            raise Refused(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")

    def _serve(self, request, body):
        parsed = _Parsed(request.path)
        if self.busy:
            self.busy -= 1
            raise Refused(503, "SlowDown", "Please reduce your request rate.")
        self._check(request, parsed)
        if parsed.bucket != "logs":
            raise Refused(404, "NoSuchBucket", "The specified bucket does not exist.")
        md5 = request.headers.get("content-md5")
        if md5 and base64.b64decode(md5) != hashlib.md5(body).digest():
            raise Refused(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
        upload, key = parsed.parameters.get("uploadId"), parsed.key
        if upload is not None and upload not in self.uploads:
            raise Refused(404, "NoSuchUpload", "The specified upload does not exist.")
        begins = "uploads" in parsed.parameters or (request.command == "PUT" and upload is None)
        if begins and self.wants_encryption and request.headers.get("x-oss-server-side-encryption") != "AES256":
            raise Refused(403, "AccessDenied", "The bucket policy asks for encryption.")
        return getattr(self, "_" + request.command.lower())(request, parsed, body, upload, key)

    def _refuse_overwrite(self, request, key):
        if request.headers.get("x-oss-forbid-overwrite") == "true" and key in self.objects:
            raise Refused(409, "FileAlreadyExists", "The object you specified already exists and can not be overwritten.")

    def _put(self, request, parsed, body, upload, key):
        etag = '"' + hashlib.md5(body).hexdigest().upper() + '"'
        if upload is not None:
            self.uploads[upload]["parts"][int(parsed.parameters["partNumber"])] = body
        else:
            self._refuse_overwrite(request, key)
            self.objects[key], self.headers[key], self.modified[key] = body, dict(request.headers), time.time() + self.clock_offset
        return 200, "", {"ETag": etag}

    def _post(self, request, parsed, body, upload, key):
        if upload is None:
            upload = f"UP/{len(self.uploads)}+{key[-6:]}"
            self.uploads[upload] = {"key": key, "parts": {}, "headers": dict(request.headers)}
            return 200, f"<InitiateMultipartUploadResult><Bucket>logs</Bucket><Key>{key}</Key><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>", {}
        self._refuse_overwrite(request, key)
        done = self.uploads.pop(upload)
        self.objects[key], self.headers[key] = b"".join(part for _, part in sorted(done["parts"].items())), done["headers"]
        self.modified[key] = time.time() + self.clock_offset
        return 200, '<CompleteMultipartUploadResult><ETag>"B864DB6A936D376F9F8D3ED3BBE540-3"</ETag></CompleteMultipartUploadResult>', {}

    def _delete(self, request, parsed, body, upload, key):
        if upload is None:
            self.objects.pop(key, None)
        self.uploads.pop(upload, None)
        return 204, "", {}

    def put_object(self, key, content, **headers):
        """As somebody else's upload."""
        with self._lock:
            self.objects[key], self.headers[key], self.modified[key] = content, headers, time.time() + self.clock_offset

    def _get(self, request, parsed, body, upload, key):
        if not key:
            return self._list(parsed.parameters)
        if key not in self.objects:
            raise Refused(404, "NoSuchKey", "The specified key does not exist.")
        content = self.objects[key]
        wanted = request.headers.get("if-match")
        if wanted and wanted != self._etag(key):
            raise Refused(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.")
        extra = {"ETag": self._etag(key), "Last-Modified": email.utils.formatdate(self.modified[key], usegmt=True)}
        encoding = {name.lower(): value for name, value in self.headers[key].items()}.get("content-encoding")
        if encoding:
            extra["Content-Encoding"] = encoding
        span = request.headers.get("range")
        if not span:
            return 200, content, extra
        first, last = map(int, span.removeprefix("bytes=").split("-"))
        if first >= len(content):
            raise Refused(416, "InvalidRange", "The requested range cannot be satisfied.")
        part = content[first : last + 1]
        return 206, part, {**extra, "Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(content)}"}

    def _list(self, parameters):
        """ListObjectsV2"""
        if parameters.get("list-type") != "2":
            raise Refused(400, "InvalidArgument", "only list-type=2 is answered here")
        self.lists.append(parameters)
        after = parameters.get("continuation-token") or parameters.get("start-after", "")
        keys = sorted((key for key in self.objects if key.startswith(parameters.get("prefix", "")) and key.encode() > after.encode()), key=str.encode)
        page = keys[: int(parameters.get("max-keys", 100))]
        encode = (lambda key: urllib.parse.quote_plus(key)) if parameters.get("encoding-type") == "url" else html.escape
        stamp = lambda key: time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(self.modified[key]))
        entries = "".join(f"<Contents><Key>{encode(key)}</Key><LastModified>{stamp(key)}</LastModified><ETag>{html.escape(self._etag(key))}</ETag>"
                          f"<Type>Normal</Type><Size>{len(self.objects[key])}</Size><StorageClass>Standard</StorageClass></Contents>" for key in page)
        more = len(page) < len(keys)
        token = f"<NextContinuationToken>{html.escape(page[-1])}</NextContinuationToken>" if more else ""
        encoding = "<EncodingType>url</EncodingType>" if parameters.get("encoding-type") == "url" else ""
        return 200, (f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult><Name>logs</Name>{encoding}<MaxKeys>{len(page)}</MaxKeys>'
                     f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{entries}<KeyCount>{len(page)}</KeyCount></ListBucketResult>"), {}

    def _etag(self, key):
        return '"' + hashlib.md5(self.objects[key]).hexdigest().upper() + '"'

    def _head(self, request, parsed, body, upload, key):
        if key not in self.objects:
            raise Refused(404, "NoSuchKey", "")
        return 200, self.objects[key], {}

    def source(self, options=""):
        return f'p.source.oss {{ {self._place(options)} }}'

    def sink(self, options=""):
        return f'p.sink.oss {{ {self._place(options)} }}'

    def _place(self, options):
        return (f'bucket = "logs", endpoint = "{self.url}", region = "{REGION}", {options}{"," if options else ""} '
                f'credentials = {{ access_key_id = "{ID}", access_key_secret = p.secret "file:secret" }}')
