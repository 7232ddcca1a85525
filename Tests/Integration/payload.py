"""Files whose content tells when a piece of it is lost, doubled, moved or changed; quick to make, known by SHA-256."""

import contextlib
import hashlib
import os
import random
import tempfile

PIECE = 1 << 20


@contextlib.contextmanager
def file_of(pieces, name="payload"):
    """A directory with one file of `pieces` MiB. Yields the directory's path, the file's path and its SHA-256.

    Each piece is the same pseudorandom MiB under a stamp of its own, so no two pieces are equal.
    """
    body = random.Random(5382).randbytes(PIECE - 8)
    digest = hashlib.sha256()
    with tempfile.TemporaryDirectory(prefix="sallyport-test-") as directory:
        os.chmod(directory, 0o755)
        path = os.path.join(directory, name)
        with open(path, "wb", buffering=0) as file:
            for index in range(pieces):
                piece = index.to_bytes(8, "big") + body
                file.write(piece)
                digest.update(piece)
        yield directory, path, digest.hexdigest()
