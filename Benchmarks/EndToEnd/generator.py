"""Loads a lab with sallyport-load, which stands on both sides of the gateway with hosts and servers of its own."""

from .lab import Lab, TableLab, Unable
from .traffic import PATIENCE, run_json

# How long the search for the rate without loss takes, whose half delays are measured at, and each of its trials.
SEARCH_SECONDS, TRIAL_SECONDS = 6.0, 0.8
# A rate is carried when less than this part is lost, as in the other figures.
TOLERANCE = 0.002
FILL_RATE = 100_000
# Beyond the load itself: searches for neighbours, and filling and verifying at half the rate asked for.
FILL_PATIENCE = 300
# Conversations under way, and the part of them that may fail on a busy machine.
CONVERSATIONS = 64
WRONG = 0.05
# More than any path carries.
OVERLOAD_FLOWS = 1000


def profile(lab: Lab, name: str, *words: object, seconds: float, patience: float = PATIENCE) -> dict:
    """The figures of a run of one profile, with a table that nobody has used before."""
    lab.forget()
    command = [*lab.generator(), name, *lab.ends(), "--seconds", str(seconds), "--quiet", "--json", *lab.pacing(),
               *map(str, words)]
    return run_json(command, seconds + patience)


def imix(lab: Lab, seconds: float) -> float:
    """Datagrams of mixed sizes delivered a second when more are sent than the path can carry."""
    return profile(lab, "udp", "--size", "imix", "--flows", OVERLOAD_FLOWS, seconds=seconds)["rate"]


def established(lab: TableLab, seconds: float, sessions: int) -> float:
    """Small datagrams delivered a second over so many sessions, all of which stand."""
    figures = profile(
        lab, "established", *lab.hosts(sessions), "--sessions", sessions, "--fill-rate", FILL_RATE, seconds=seconds,
        patience=FILL_PATIENCE)
    lab.forget()
    if figures["sessions_verified"] < sessions * (1 - TOLERANCE):
        raise RuntimeError(f"{lab.name}: only {figures['sessions_verified']} of {sessions} sessions stand")
    return figures["rate"]


class HalfLoad:
    """Half of what the gateway carries without loss: the load under which delays are measured on both sides."""

    def __init__(self) -> None:
        self._rate: float | None = None

    def delay(self, lab: Lab, seconds: float, percentile: str) -> float:
        """The delay of small datagrams, in microseconds.

        It is all between the generator's writing and its reading, its own turns included: what two gateways differ by
        is their own. The rate is searched once, on the first lab, which is Sallyport's.
        """
        if self._rate is None:
            found = profile(
                lab, "udp", "--search", "--trial", TRIAL_SECONDS, "--tolerance", TOLERANCE, seconds=SEARCH_SECONDS)
            if found["no_loss_rate"] <= 0:
                raise RuntimeError(f"{lab.name}: no rate was carried without loss")
            self._rate = found["no_loss_rate"] / 2
        return profile(lab, "udp", "--rate", round(self._rate), seconds=seconds)[f"latency_{percentile}"]


def conversations(lab: Lab, seconds: float, name: str, *words: object) -> float:
    """Conversations a second, each begun when another ends, all of them as they should be."""
    figures = profile(lab, name, "--concurrency", CONVERSATIONS, *words, seconds=seconds)
    faults = figures["wrong_payload"] + figures["leaked"] + figures["wrong_translation"]
    if faults or figures["loss"] > WRONG:
        text = (f"{lab.peer or 'Sallyport'}: of {figures['attempted']} {name} conversations {figures['lost']} failed, "
                f"with {faults} faults")
        # What the reference cannot do is no failure of the gateway; a rate with failures would flatter it, or not.
        raise Unable(text) if lab.peer else RuntimeError(text)
    return figures["rate"]
