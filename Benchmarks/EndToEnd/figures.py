"""What is measured, in which unit, and what it should reach against the reference in the same run."""

from collections.abc import Callable
from dataclasses import dataclass

from .generator import HalfLoad, conversations, established, imix
from .lab import ApartLab, Lab, Route, TableLab
from .machine import on_cpu_nanoseconds
from .traffic import CONTROL_PORT, PLAIN_PORT, command_bits, connections, datagrams, stream_bits

SMALL = 18
LARGE = 1400
# A rate is carried without loss when less than this part is lost: the machine has hiccups of its own.
NO_LOSS = 0.002
# The search for that rate halves the range this often.
SEARCH_STEPS = 6
# Shorter than the other measurements, since a search makes many.
SEARCH_SECONDS = 1.5


@dataclass(frozen=True)
class Figure:
    """One row of the table. Its ratio is the gateway's value divided by the reference's."""

    key: str
    title: str
    unit: str
    divisor: float
    measure: Callable[[Route, float], float]
    aims: tuple[float, float, float]
    # What the value is compared with: the kernel's NAT, the same with its helpers, the copy-only forwarder, or a plain
    # port of the same gateway.
    reference: str = "kernel"
    lower_is_better: bool = False
    # What measures the reference, where it is something else.
    against: Callable[[Route, float], float] | None = None
    # Whether the aims are differences in the figure's unit, what the gateway adds to the reference, instead of ratios.
    aims_are_differences: bool = False
    # Which labs both sides are.
    lab: type[Lab] = Lab
    # A pair takes minutes: measured only when asked for.
    takes_long: bool = False

    def holds(self, measured: float) -> bool:
        """Whether a ratio, or a difference where the aims are such, reaches the first aim."""
        return measured <= self.aims[0] if self.lower_is_better else measured >= self.aims[0]


def small_overload(route: Route, seconds: float) -> float:
    """Small datagrams delivered a second when more are sent than the path can carry."""
    return datagrams(route, SMALL, None, seconds).rate


def large_overload(route: Route, seconds: float) -> float:
    """Large datagrams delivered a second when more are sent than the path can carry."""
    return datagrams(route, LARGE, None, seconds).rate


def small_without_loss(route: Route, seconds: float) -> float:
    """The most small datagrams a second that arrive when (nearly) all arrive.

    A path that loses nothing at full speed, because its sender does the forwarding, carries that. Otherwise the rate
    is searched between nothing and what arrives under overload; one rate in the search counts as carried when either
    of two tries carries it.
    """
    seconds = min(seconds, SEARCH_SECONDS)
    full = datagrams(route, SMALL, None, seconds)
    if full.loss < NO_LOSS:
        return full.rate
    carried, low, high = 0.0, 0.0, full.rate * 1.1
    for _ in range(SEARCH_STEPS):
        rate = (low + high) / 2
        for _ in range(2):
            tried = datagrams(route, SMALL, rate, seconds)
            if tried.loss < NO_LOSS:
                break
        if tried.loss < NO_LOSS:
            low, carried = rate, max(carried, tried.rate)
        else:
            high = rate
    return carried


def worker_nanoseconds(route: Route, seconds: float) -> float:
    """Time on a core that the gateway's threads spend a small packet, under overload."""
    packets, time = route.received_packets(), on_cpu_nanoseconds(route.pid)
    datagrams(route, SMALL, None, seconds)
    packets, time = route.received_packets() - packets, on_cpu_nanoseconds(route.pid) - time
    if packets == 0:
        raise RuntimeError(f"{route.name}: no packet was forwarded")
    return time / packets


def sessions_loaded(sessions: int) -> Callable[[Route, float], float]:
    """Measures packets over so many sessions."""
    return lambda route, seconds: established(route, seconds, sessions)


def conversing(*words: object, longest: float = 60) -> Callable[[Route, float], float]:
    """Measures the conversations of a profile with options, for so many seconds at most."""
    return lambda route, seconds: conversations(route, min(seconds, longest), *words)


# Both delays are measured at the same load, once with a core for the generator alone, once with all cores shared.
HALF_LOAD, SHARED_HALF_LOAD = HalfLoad(), HalfLoad()
# Sessions, and whether filling them takes minutes: CSIT's points, 63 for each of 1 024 to 65 536 hosts.
TABLE_POINTS = ((64_512, False), (258_048, False), (1_032_192, False), (4_128_768, True))

FIGURES = [
    Figure("udp_small_overload", "18-byte UDP delivered under overload", "kpps", 1e3, small_overload,
           (0.9, 1.15, 1.3)),
    Figure("udp_small_no_loss", "18-byte UDP without loss", "kpps", 1e3, small_without_loss, (0.7, 0.9, 1.1)),
    Figure("worker_cpu", "worker CPU a small packet", "ns", 1, worker_nanoseconds,
           (1.3, 1.1, 1.05), reference="copy", lower_is_better=True),
    Figure("udp_large_overload", "1400-byte UDP delivered under overload", "kpps", 1e3, large_overload,
           (1.2, 1.6, 2.0)),
    Figure("udp_imix", "IMIX UDP delivered under overload", "kpps", 1e3, imix, (1.0, 1.3, 1.6)),
    Figure("tcp_one", "TCP, one stream", "Gbps", 1e9, lambda route, seconds: stream_bits(route, 1, seconds),
           (0.65, 0.85, 1.0)),
    Figure("tcp_four", "TCP, four streams", "Gbps", 1e9, lambda route, seconds: stream_bits(route, 4, seconds),
           (0.35, 0.55, 1.0)),
    Figure("connections", "connections a second", "k/s", 1e3, connections, (0.9, 1.05, 1.3)),
    Figure("control_stranger", "TCP on a control port, a stranger", "Gbps", 1e9,
           lambda route, seconds: stream_bits(route, 1, seconds, CONTROL_PORT), (0.9, 0.95, 1.0), reference="plain",
           against=lambda route, seconds: stream_bits(route, 1, seconds, PLAIN_PORT)),
    Figure("control_read", "TCP on a control port, read by its gateway", "Gbps", 1e9,
           lambda route, seconds: command_bits(route, seconds, CONTROL_PORT), (0.5, 0.7, 1.0), reference="plain",
           against=lambda route, seconds: command_bits(route, seconds, PLAIN_PORT)),
    *(Figure(f"established_{sessions}", f"18-byte UDP over {sessions} sessions", "kpps", 1e3, sessions_loaded(sessions),
             (0.9, 1.15, 1.3), lab=TableLab, takes_long=takes_long) for sessions, takes_long in TABLE_POINTS),
    Figure("delay_median", "delay at half load, median", "us", 1,
           lambda route, seconds: HALF_LOAD.delay(route, seconds, "p50"), (60, 60, 60), lower_is_better=True,
           aims_are_differences=True, lab=ApartLab),
    Figure("delay_99", "delay at half load, 99th percentile", "us", 1,
           lambda route, seconds: HALF_LOAD.delay(route, seconds, "p99"), (300, 300, 300), lower_is_better=True,
           aims_are_differences=True, lab=ApartLab),
    Figure("shared_delay_median", "the same with all cores shared, median", "us", 1,
           lambda route, seconds: SHARED_HALF_LOAD.delay(route, seconds, "p50"), (60, 60, 60), lower_is_better=True,
           aims_are_differences=True),
    Figure("shared_delay_99", "the same with all cores shared, 99th percentile", "us", 1,
           lambda route, seconds: SHARED_HALF_LOAD.delay(route, seconds, "p99"), (300, 300, 300), lower_is_better=True,
           aims_are_differences=True),
    Figure("ftp", "FTP conversations, PORT", "k/s", 1e3, conversing("ftp", "--command", "port"), (0.5, 0.8, 1.0),
           reference="helpers"),
    Figure("sip", "SIP calls with media", "k/s", 1e3, conversing("sip"), (0.5, 0.8, 1.0), reference="helpers"),
    Figure("tftp", "TFTP conversations", "k/s", 1e3, conversing("tftp"), (0.5, 0.8, 1.0), reference="helpers"),
    # The kernel has no helper for names: there the same conversations pass untranslated. Each takes a port of the four
    # addresses' 258 048, which must not run out.
    Figure("dns", "DNS conversations, an address translated", "k/s", 1e3,
           conversing("dns", "--answer", "203.0.113.50", "--expect-answer", "10.10.10.11", longest=2), (0.5, 0.8, 1.0),
           against=conversing("dns", longest=2)),
]
