"""Debian's real servers on the lab's hosts, as context managers: inside a `with` block they listen."""

import contextlib
import pathlib
import subprocess
import tempfile
import time

from lab import PROGRAMS

NGINX = """
daemon off;
master_process off;
user root;
pid {directory}/nginx.pid;
error_log stderr;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  client_body_temp_path {directory};
  proxy_temp_path {directory};
  fastcgi_temp_path {directory};
  uwsgi_temp_path {directory};
  scgi_temp_path {directory};
  server {{
    listen {port} backlog=4096;
    location / {{ return 200 "$remote_addr\\n"; }}
    location /server {{ return 200 "$server_addr\\n"; }}
    location /files/ {{ alias {files}/; }}
  }}
}}
"""


def await_listener(lab, host, port, transport="tcp"):
    """Waits until something on the host listens on the port."""
    deadline = time.monotonic() + 5
    option = {"tcp": "-Hltn", "udp": "-Hlun"}[transport]
    while not lab.run(host, "ss", option, f"sport = :{port}").stdout.strip():
        if time.monotonic() > deadline:
            raise AssertionError(f"nothing on {host} listens on {transport} port {port}")
        time.sleep(0.02)


@contextlib.contextmanager
def nginx(lab, host, port=80, files="/nonexistent"):
    """A web server that tells each client its address, under /server its own; `files` is served under /files/."""
    with tempfile.TemporaryDirectory(prefix="sallyport-test-") as directory:
        config = pathlib.Path(directory) / "nginx.conf"
        config.write_text(NGINX.format(directory=directory, port=port, files=files))
        with lab.start(host, "nginx", "-p", directory, "-e", "stderr", "-c", config, stdout=subprocess.DEVNULL):
            await_listener(lab, host, port)
            yield


@contextlib.contextmanager
def dnsmasq(lab, host, address, **records):
    """A name server at `address` that knows `records`, names of lab.example to addresses."""
    answers = [f"--address=/{name}.lab.example/{value}" for name, value in records.items()]
    with lab.start(
        host, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root",
        "--pid-file=", "--bind-interfaces", f"--listen-address={address}", *answers, stdout=subprocess.DEVNULL,
    ):
        await_listener(lab, host, 53)
        yield


@contextlib.contextmanager
def iperf3(lab, host):
    """An iperf3 server on its usual port, 5201."""
    with lab.start(host, "iperf3", "--server", stdout=subprocess.DEVNULL):
        await_listener(lab, host, 5201)
        yield


@contextlib.contextmanager
def observer(lab, *hosts, port):
    """Programs on the hosts that tell each asker, by UDP and TCP, as whom they see it."""
    with contextlib.ExitStack() as stack:
        for host in hosts:
            stack.enter_context(lab.start(host, "python3", PROGRAMS / "observer.py", port))
        for host in hosts:
            await_listener(lab, host, port)
        yield


@contextlib.contextmanager
def receiver(lab, host, port, *options):
    """A program on the host that takes UDP datagrams; yields the running program, which prints a line for each."""
    with lab.start(host, "python3", PROGRAMS / "receive.py", port, *options) as running:
        await_listener(lab, host, port, "udp")
        yield running
