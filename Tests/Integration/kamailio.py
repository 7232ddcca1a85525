"""Kamailio, a SIP proxy and registrar that knows nothing of NATs, on a host of the lab."""

import contextlib
import os
import pathlib
import signal
import tempfile

from servers import await_listener

CONFIGURATION = """
debug=1
log_stderror=yes
fork=yes
children=1
tcp_children=1
auto_aliases=no
listen=udp:{address}:5060
listen=tcp:{address}:5060
tcp_connection_lifetime=600
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "siputils.so"
loadmodule "pv.so"
loadmodule "textops.so"
modparam("registrar", "max_expires", 3600)
modparam("rr", "enable_full_lr", 1)

request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (has_totag()) {{
    if (loose_route() || is_method("ACK")) {{ t_relay(); exit; }}
    # A request within a dialog that names no route is for us only by its URI.
    if (uri != myself) {{ t_relay(); exit; }}
  }}
  if (is_method("REGISTER")) {{ save("location"); exit; }}
  record_route();
  if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
  t_relay();
}}
"""


@contextlib.contextmanager
def kamailio(lab, host, address):
    """A proxy at `address` of a host, by UDP and TCP, whose users are those who register."""
    with tempfile.TemporaryDirectory(prefix="sallyport-test-") as directory:
        config = pathlib.Path(directory) / "kamailio.cfg"
        config.write_text(CONFIGURATION.format(address=address))
        # -DD keeps it in the foreground; it ends its own children.
        command = "kamailio", "-DD", "-E", "-f", config, "-m", "16", "-M", "4", "-Y", directory, "-w", directory
        log = open(pathlib.Path(directory) / "log", "w")
        with lab.start(host, *command, stdout=log, start_new_session=True) as running:
            try:
                for transport in "udp", "tcp":
                    await_listener(lab, host, 5060, transport)
                yield running
            finally:
                running.stop()
                # A child that outlived it would go on answering at its port.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(running.process.pid, signal.SIGKILL)
