"""Real programs at the other end: nginx, rsyslog, loggen, logger, curl, openssl. From the machine, or from build/deps/peers, where
scripts/setup unpacks what is not installed."""
import os
import pathlib
import platform
import shutil
import signal
import zlib

from golden import ROOT, Skip

from harness import destination
from harness.ledger import Ledger

PEERS = ROOT / "build/deps/peers"
LIBRARIES = f"{PEERS}/usr/lib/{platform.machine()}-linux-gnu"


def needs(program, package):
    """The path of a program; skips the test where it is missing."""
    path = os.environ.get("PATH", "") + f":/usr/sbin:/sbin:{PEERS}/usr/sbin:{PEERS}/usr/bin"
    found = shutil.which(program, path=path)
    if not found:
        raise Skip(f"needs {program} (package {package})")
    return found


def needs_library(name, package):
    """The path of a shared library; skips the test where it is missing."""
    for folder in pathlib.Path(f"/usr/lib/{platform.machine()}-linux-gnu"), pathlib.Path(LIBRARIES):
        if (folder / name).exists():
            return str(folder / name)
    raise Skip(f"needs {name} (package {package})")


def environment(**more):
    """For a program that may be an unpacked one."""
    return {**os.environ, "LD_LIBRARY_PATH": f"{LIBRARIES}:{PEERS}/usr/lib/syslog-ng", "LC_ALL": "C.UTF-8", **more}


class Certificates:
    """A certificate authority of the test's own, with a server's and a client's certificate: files by these names."""

    def __init__(self, w):
        self.openssl = needs("openssl", "openssl")
        self.w, self.folder = w, w.path / "tls"
        self.folder.mkdir(mode=0o755)
        self._key("ca")
        self._call("req", "-x509", "-key", "ca.key", "-subj", "/CN=Test CA", "-days", "30", "-out", "ca.pem")
        self.sign("server", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        self.sign("client", "extendedKeyUsage=clientAuth")

    def __getitem__(self, name):
        """The path of `ca.pem`, `server.pem`, `server.key`, `client.pem`, `client.key`, ..."""
        return self.folder / name

    def sign(self, name, extension):
        self._key(name)
        self.w.write(f"tls/{name}.ext", f"{extension}\n")
        self._call("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr")
        self._call("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30",
                   "-extfile", f"{name}.ext", "-out", f"{name}.pem")

    def _key(self, name):
        self._call("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", f"{name}.key")

    def _call(self, *arguments):
        self.w.call(self.openssl, *(str(self.folder / word) if word.endswith((".pem", ".key", ".csr", ".ext")) else word for word in arguments))


class Nginx:
    """nginx that keeps each request's body in a file and logs what it answered.

    `server` is configuration inside server {}, `http` inside http {}.
    """

    CONFIGURATION = '''
daemon off; pid nginx.pid; error_log error.log warn; worker_processes 1;
{user}
events {{ worker_connections 1024; }}
http {{
  access_log off;
  log_format ingest escape=none '$status\\t$server_protocol\\t$http_content_encoding\\t$request_body_file\\t$request_completion';
  client_body_temp_path bodies; proxy_temp_path temp; fastcgi_temp_path temp; uwsgi_temp_path temp; scgi_temp_path temp;
  client_max_body_size 64m;
  {http}
  server {{
    listen 127.0.0.1:{port} {listen};
    {server}
    location = /ingest {{
      access_log requests.log ingest;
      client_body_in_file_only on;
      {location}
      proxy_pass http://127.0.0.1:{inner};
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
    }}
  }}
  server {{ listen 127.0.0.1:{inner}; location / {{ return 200 "accepted\\n"; }} }}
}}
'''

    def __init__(self, w, listen="", server="", http="", location=""):
        nginx = needs("nginx", "nginx")
        self.w, self.port = w, w.free_port()
        self.folder = w.path / "nginx"
        self.folder.mkdir()
        user = "user root;" if os.geteuid() == 0 else ""
        w.write("nginx/nginx.conf", self.CONFIGURATION.format(port=self.port, inner=w.free_port(), listen=listen, server=server, http=http,
                                                              location=location, user=user))
        self._command = (nginx, "-p", self.folder, "-c", "nginx.conf", "-e", "error.log")
        self._start()

    def _start(self):
        self.process = self.w.spawn(*self._command, log="nginx.log", env=environment())
        self.w.listens(self.port)

    def restart(self, gracefully=True):
        """SIGQUIT finishes what is under way; SIGTERM does not."""
        self.process.send_signal(signal.SIGQUIT if gracefully else signal.SIGTERM)
        self.process.wait(30)
        self._start()

    def answered(self):
        """-> [(status, protocol)] of all requests so far"""
        return [tuple(fields[:2]) for fields in self._log()]

    def ledger(self):
        """Of what was accepted up to now."""
        ledger = Ledger()
        for status, _, encoding, file, completed in self._log():
            if status != "200":
                continue
            body = pathlib.Path(file).read_bytes()
            try:
                ledger.record(destination.split_lines(destination.decode(body, encoding.replace("-", ""))))
            except (ValueError, zlib.error) as what:
                ledger.torn.append(f"{file}: {what}")
        return ledger

    def _log(self):
        log = self.folder / "requests.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line.split("\t") for line in lines if line.count("\t") == 4]


class Rsyslog:
    """rsyslogd that follows a file, `rsyslog.in`, and forwards its lines. `action` are parameters of omfwd."""

    CONFIGURATION = '''
global(workDirectory="{folder}"{more})
module(load="imfile")
input(type="imfile" file="{input}" tag="numbered:")
action(type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp" template="RSYSLOG_SyslogProtocol23Format"
       queue.type="LinkedList" action.resumeRetryCount="-1" action.resumeInterval="1" {action})
'''

    def __init__(self, w, port, action, more=""):
        rsyslogd = needs("rsyslogd", "rsyslog")
        self.folder, self.input = w.path / "rsyslog", w.path / "rsyslog.in"
        self.folder.mkdir()
        self.input.touch()
        w.write("rsyslog/rsyslog.conf", self.CONFIGURATION.format(folder=self.folder, input=self.input, port=port, action=action, more=more))
        modules = [f"{base}/rsyslog" for base in (LIBRARIES, f"/usr/lib/{platform.machine()}-linux-gnu")]
        self.process = w.spawn(rsyslogd, "-n", "-f", self.folder / "rsyslog.conf", "-i", self.folder / "pid", "-M", ":".join(modules),
                               log="rsyslogd.log", env=environment())

    def write(self, lines):
        with open(self.input, "ab") as file:
            file.write(lines)


def loggen(w, *arguments):
    """Runs syslog-ng's load generator to its end. -> what it said"""
    program = needs("loggen", "syslog-ng-core")
    more = {"SYSLOGNG_PREFIX": f"{PEERS}/usr"} if program.startswith(str(PEERS)) else {}
    return w.call(program, *arguments, env=environment(**more))
