"""Stand-ins for what hands out temporary keys: AWS STS (AssumeRole, whose signature is checked, and AssumeRoleWithWebIdentity), EC2's
instance metadata, version 2, and a container's endpoint. They hand out the key pair of the store that the test runs.
"""
import datetime
import hashlib
import hmac
import http.server
import json
import ssl
import threading
import urllib.parse

from harness.store import KEY, REGION, SECRET

BASE_ID, BASE_SECRET, EXTERNAL_ID = "AKBASE", "base/secret+", "customer-7"


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def sigv4(request, body, secret, service, region):
    """-> the signature that the request should have, by the headers that it says are signed."""
    given = dict(part.strip().split("=", 1) for part in request.headers["authorization"].split(" ", 1)[1].split(","))
    date = request.headers["x-amz-date"]
    names = given["SignedHeaders"].split(";")
    path, _, query = request.path.partition("?")
    canonical = "\n".join([request.command, path, query, "".join(f"{name}:{' '.join(request.headers[name].split())}\n" for name in names), ";".join(names),
                           hashlib.sha256(body).hexdigest()])
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = _hmac(_hmac(_hmac(_hmac(("AWS4" + secret).encode(), date[:8]), region), service), "aws4_request")
    return given["Signature"], _hmac(key, to_sign).hex()


class Clouds:
    """One server: /sts, /latest/... as EC2 has it, /container."""

    def __init__(self, lifetime=3600, token="", certificates=None):
        """`token`: of the sessions; `certificates`: peers.Certificates when it is to speak TLS."""
        self.lifetime, self.token, self.calls, self.broken = lifetime, token, [], False
        clouds = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                status, answer = (500, "broken") if clouds.broken else clouds._serve(self, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer.encode())

            do_PUT = do_POST = do_GET = handle_any

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # clients that go away, or do not like the certificate
        self.url = f"http{'s' if certificates else ''}://127.0.0.1:{self._server.server_address[1]}"
        if certificates:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificates["server.pem"], certificates["server.key"])
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def _expiration(self):
        return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.lifetime)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _json(self):
        return 200, json.dumps({"Code": "Success", "AccessKeyId": KEY, "SecretAccessKey": SECRET, "Token": self.token, "Expiration": self._expiration()})

    def _serve(self, request, body):
        if request.path == "/sts":
            return self._sts(request, body)
        if request.path == "/container":
            self.calls.append("container")
            return self._json() if request.headers.get("authorization") == "container-token" else (401, "")
        if request.path == "/latest/api/token":
            return (200, "imds-token") if request.command == "PUT" and request.headers.get("x-aws-ec2-metadata-token-ttl-seconds") else (405, "")
        if request.headers.get("x-aws-ec2-metadata-token") != "imds-token":
            return 401, ""
        if request.path == "/latest/meta-data/iam/security-credentials/":
            return 200, "log-writer"
        if request.path == "/latest/meta-data/iam/security-credentials/log-writer":
            self.calls.append("instance")
            return self._json()
        return 404, ""

    def _sts(self, request, body):
        form = dict(urllib.parse.parse_qsl(body.decode()))
        self.calls.append(form["Action"])
        error = None
        if form["Action"] == "AssumeRole":
            given, expected = sigv4(request, body, BASE_SECRET, "sts", REGION)
            if given != expected:
                error = "SignatureDoesNotMatch"
            elif form.get("ExternalId") != EXTERNAL_ID:
                error = "AccessDenied"
        elif form.get("WebIdentityToken") != "web.identity.token" or request.headers.get("authorization"):
            error = "InvalidIdentityToken"
        if error:
            return 403, f"<ErrorResponse><Error><Type>Sender</Type><Code>{error}</Code><Message>no</Message></Error></ErrorResponse>"
        action = form["Action"]
        return 200, (f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials><AccessKeyId>{KEY}</AccessKeyId>'
                     f"<SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{self.token}</SessionToken><Expiration>{self._expiration()}</Expiration></Credentials>"
                     f"</{action}Result></{action}Response>")
