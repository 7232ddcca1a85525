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


VSFTPD = """
listen=YES
background=NO
listen_port={port}
anonymous_enable=YES
no_anon_password=YES
anon_root={root}
write_enable=YES
anon_upload_enable=YES
anon_other_write_enable=YES
anon_umask=022
max_per_ip=0
max_clients=0
connect_from_port_20=YES
ftp_data_port=20
secure_chroot_dir={directory}/empty
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
session_support=NO
xferlog_enable=NO
pasv_min_port=40000
pasv_max_port=45000
"""

VSFTPD_TLS = """
ssl_enable=YES
allow_anon_ssl=YES
force_local_data_ssl=NO
force_local_logins_ssl=NO
require_ssl_reuse=NO
rsa_cert_file={certificate}
rsa_private_key_file={certificate}
"""


@contextlib.contextmanager
def vsftpd(lab, host, port=21, certificate=None, **options):
    """An FTP server for anonymous users. Yields its root; what is put into its directory upload may be overwritten.

    With a certificate, a file with its key, it speaks TLS after AUTH, and need not.
    """
    with tempfile.TemporaryDirectory(prefix="sallyport-test-") as directory:
        base = pathlib.Path(directory)
        base.chmod(0o755)
        root = base / "root"
        for path, mode in (base / "empty", 0o555), (root, 0o755), (root / "upload", 0o777):
            path.mkdir()
            path.chmod(mode)
        text = VSFTPD.format(port=port, root=root, directory=directory)
        if certificate:
            text += VSFTPD_TLS.format(certificate=certificate)
        text += "".join(f"{name}={value}\n" for name, value in options.items())
        config = base / "vsftpd.conf"
        config.write_text(text)
        with lab.start(host, "vsftpd", config, stdout=subprocess.DEVNULL):
            await_listener(lab, host, port)
            yield root


@contextlib.contextmanager
def tftpd(lab, host, *options, address="", port=69):
    """A TFTP server. Yields its root, in which every file may be overwritten and made."""
    with tempfile.TemporaryDirectory(prefix="sallyport-test-") as directory:
        root = pathlib.Path(directory)
        root.chmod(0o777)
        with lab.start(
            host, "in.tftpd", "--foreground", "--ipv4", "--address", f"{address}:{port}", "--secure", "--create",
            "--permissive", "--user", "root", *options, directory, stdout=subprocess.DEVNULL,
        ):
            await_listener(lab, host, port, "udp")
            yield root


NAMED = """
options {{
  directory "{directory}";
  listen-on {{ {ipv4}; }};
  listen-on-v6 {{ {ipv6}; }};
  pid-file none;
  lock-file none;
  session-keyfile none;
  recursion no;
  dnssec-validation no;
  minimal-responses yes;
  max-udp-size 4096;
  edns-udp-size 4096;
  max-records-per-type 0;
}};
controls {{ }};
{zones}
"""


@contextlib.contextmanager
def named(lab, host, address, signed=(), **zones):
    """BIND at `address`, of either kind, with zones, whose names have _ for the dot; those of `signed` have DNSSEC signatures.

    A zone is text without its SOA and NS records.
    """
    with tempfile.TemporaryDirectory(prefix="sallyport-test-") as directory:
        base, statements = pathlib.Path(directory), ""
        for key, records in zones.items():
            name = key.replace("_", ".").replace(".in.addr.", ".in-addr.").lstrip(".")
            file = base / name
            head = f"$TTL 300\n$ORIGIN {name}.\n@ SOA ns.{name}. root.{name}. 1 3600 600 86400 300\n@ NS ns.invalid.\n"
            file.write_text(f"{head}{records}\n")
            if name in signed:
                keygen = "dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-K", base, name
                subprocess.run(keygen, check=True, capture_output=True, cwd=base)
                sign = "dnssec-signzone", "-S", "-z", "-K", base, "-o", name, "-f", f"{file}.signed", file
                subprocess.run(sign, check=True, capture_output=True, cwd=base)
                file = f"{file}.signed"
            statements += f'zone "{name}" {{ type primary; file "{file}"; }};\n'
        config = base / "named.conf"
        ipv4, ipv6 = ("none", address) if ":" in address else (address, "none")
        config.write_text(NAMED.format(directory=directory, ipv4=ipv4, ipv6=ipv6, zones=statements))
        with lab.start(host, "named", "-g", "-n", "1", "-c", config, stdout=subprocess.DEVNULL):
            await_listener(lab, host, 53)
            await_listener(lab, host, 53, "udp")
            yield
