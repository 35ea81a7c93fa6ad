"""The file of an SQLite database: ours alone, on a local disk, and still the one we opened."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from storage.engine import AlreadyRunning, DatabaseLost, StorageError

NETWORK_FILE_SYSTEMS = {
    "afs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "ncpfs", "nfs", "nfs4", "smb3", "smbfs",
}  # fmt: skip


class Standing:
    """Tells whether a file is still the one that was opened.

    Somebody may delete it, its folder or its log, or put another one in its place. SQLite
    goes on writing into what has no name any more, and all of it is gone at the end.
    """

    def __init__(self, file: Path) -> None:
        """The database is open, and its log was made."""
        self._files = {each: _identity(each) for each in (file, Path(f"{file}-wal"))}

    def check(self) -> None:
        """Raise `DatabaseLost` if it is another one, or none."""
        for each, opened in self._files.items():
            if _identity(each) != opened:
                raise DatabaseLost(
                    f"{each.name} was deleted or replaced while Lotse ran; nothing is stored any "
                    "more. Put it back, or stop Lotse and start it with a backup."
                )


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def lock_file(file: Path) -> IO[str]:
    """Hold `<file>.lock` as long as the process lives.

    Raises `AlreadyRunning` when another process holds it.
    """
    handle = (file.parent / f"{file.name}.lock").open("a")
    try:
        _lock(handle)
    except OSError:
        handle.close()
        raise AlreadyRunning(
            f"Another Lotse already uses {file.name}. Stop it first, or give this one "
            "another DATABASE_URL. (Several machines need PostgreSQL.)"
        ) from None
    return handle


def _lock(handle: IO[str]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        return
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def refuse_network(file: Path, mounts: Path = Path("/proc/mounts")) -> None:
    """Raise `StorageError` when `file` lies on a network file system, whose locks are unreliable.

    Only Linux tells (`/proc/mounts`); elsewhere nothing is checked.
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    best, kind = "", ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ")
        inside = file.is_relative_to(point)
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    if kind in NETWORK_FILE_SYSTEMS:
        raise StorageError(
            f"{file.name} lies on a network file system ({kind}), where SQLite's locks are "
            "unreliable. Use a local disk, or PostgreSQL through DATABASE_URL."
        )
