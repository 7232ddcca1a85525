"""Runs the integration suite: python3 Tests/Integration [WORD…], where words choose tests by part of their names.

The last line is "N passed, N failed". A test that could not run at all counts as failed; one that speaks of
Sallyport is left out, and said to be, when the peer is the kernel.
"""

import collections
import pathlib
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import lab  # noqa: E402


class Reporter(unittest.TestResult):
    """One line a test, as it ends."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self._faults = 0
        self._began = 0.0

    def startTest(self, test):
        super().startTest(test)
        self._began = time.monotonic()
        self._faults = len(self.faults())

    def stopTest(self, test):
        super().stopTest(test)
        took = time.monotonic() - self._began
        if len(self.faults()) > self._faults:
            verdict = "FAILED"
        elif self.skipped and self.skipped[-1][0] is test:
            verdict = "left out"
        else:
            verdict = "passed"
            self.passed += 1
        print(f"{verdict:8} {took:6.1f} s  {sentence(test)}", flush=True)

    def faults(self):
        """What failed, with its trace; a failing part of a test (subTest) is a fault of its own."""
        return self.failures + self.errors

    def failed(self):
        """How many tests failed; several failing parts of one test count once."""
        return len({getattr(test, "test_case", test).id() for test, _ in self.faults()}) + len(self.unexpectedSuccesses)


def sentence(test):
    """A test's name, read aloud."""
    theme, _, name = test.id().rpartition(".")
    return f"{theme.split('.')[0].removeprefix('test_')}: {name.removeprefix('test_').replace('_', ' ')}"


def chosen(suite, words):
    """The tests whose names contain one of the words; all of them without words."""
    result = unittest.TestSuite()
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            result.addTests(chosen(test, words))
        elif not words or any(word in test.id() for word in words):
            result.addTest(test)
    return result


def main(words):
    loader = unittest.TestLoader()
    suite = chosen(loader.discover(str(pathlib.Path(__file__).resolve().parent)), words)
    reporter = Reporter()
    log = ""
    try:
        suite.run(reporter)
    finally:
        log = lab.shared_down()
    for test, text in reporter.faults():
        print(f"\n-- {test.id()}\n{text}")
    if reporter.faults() and log:
        print("\n-- the last of the shared lab's gateway log")
        print("\n".join(log.splitlines()[-40:]))
    for reason, count in collections.Counter(reason for _, reason in reporter.skipped).items():
        print(f"{count} left out: {reason}")
    print(f"{reporter.passed} passed, {reporter.failed()} failed")
    return 0 if reporter.failed() == 0 and reporter.passed > 0 else 1


sys.exit(main(sys.argv[1:]))
