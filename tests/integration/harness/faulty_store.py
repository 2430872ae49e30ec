"""A real store behind a proxy that fails in every way in turn. What is signed reaches the store as it was sent, so its checks hold."""
import http.client

from harness.destination import Destination, Gone, answer
from harness.ledger import Ledger
from harness.store import Store

DOCUMENT = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{}</Code><Message>the proxy made this up</Message></Error>'


class FaultyStore(Destination):
    """`store`: what is behind it. Its ledger is made of the objects in the store: see look()."""

    BEHAVIOURS = {}  # filled below

    def __init__(self, site, seed=1):
        self.store = Store(site)
        self._looked_at = set()
        super().__init__(Ledger(), seed)
        self.url = f"http://127.0.0.1:{self.port}"
        (site.path / "secret").write_text(self.store.secret + "\n")

    def sink(self, options):
        return self.store.sink('compression = "none", ' + options, url=self.url)

    def look(self):
        """Puts the events of new objects into the ledger, as of its present life."""
        for key in set(self.store.keys()) - self._looked_at:
            self._looked_at.add(key)
            self.ledger.record(self.store.lines(key))

    def forward(self, request, body):
        """-> the store's answer, as bytes"""
        method, target, _ = request.line.split(" ")
        connection = http.client.HTTPConnection("127.0.0.1", self.store.port, timeout=30)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            reply = connection.getresponse()
            content = reply.read()
        except (OSError, http.client.HTTPException):
            raise Gone from None  # the store itself is down
        finally:
            connection.close()
        fields = [f"{name}: {value}" for name, value in reply.getheaders() if name.lower() not in ("content-length", "transfer-encoding", "connection")]
        length = reply.getheader("Content-Length") if method == "HEAD" else len(content)
        head = [f"HTTP/1.1 {reply.status} {reply.reason}", f"Content-Length: {length or 0}", *fields]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + content

    def accept(self, request, body, slowly=False):
        reply = self.forward(request, body)
        self.requests.append((request.line, request.headers))
        for part in (reply[i : i + 1] for i in range(len(reply))) if slowly else (reply,):
            request.connection.send(part)


def refusal(status, reason, code, *headers):
    return answer(status, reason, "Content-Type: application/xml", *headers, body=DOCUMENT.format(code).encode())


def _refusing(*parts):
    def answers(store, request):
        request.body()
        request.connection.send(refusal(*parts))

    return answers


def _stored_but_500(store, request):
    """The store has it, and the client is told otherwise: its next try meets its own object."""
    store.forward(request, request.body())
    request.connection.send(refusal(500, "Internal Server Error", "InternalError"))


def _cut_answer(store, request):
    reply = store.forward(request, request.body())
    request.connection.send(reply[: int(len(reply) * store.chance(0.1, 0.95))])
    request.connection.cut()
    raise Gone


FaultyStore.BEHAVIOURS = {
    **{name: Destination.BEHAVIOURS[name] for name in ("ok", "refuse", "hang", "cut body", "slow")},
    "cut answer": _cut_answer,
    "stored but 500": _stored_but_500,
    "500": _refusing(500, "Internal Server Error", "InternalError"),
    "503": _refusing(503, "Slow Down", "SlowDown"),
    "400": _refusing(400, "Bad Request", "RequestTimeout"),
    "403": _refusing(403, "Forbidden", "AccessDenied"),
}
