"""A disk that loses power: whatever was not synced may then be lost, torn, out of order, or there after all.

Under SQLite lies a VFS that inherits the one for real files, so that locks and the shared -shm work as in earnest;
the files on the real disk always hold what a running system sees. Beside them the disk knows, per file, the content
that is safe and every write and truncation since, and per folder the names that are safe. A crash rewrites the files.

What is promised, and no more:

- After xSync returned, everything written to that file before is safe. Between files, and within one, nothing else has
  an order.
- A write that is not safe may be there whole, not at all, in some of its sectors, up to some byte, or as noise or
  zeros. Bytes outside its range are not touched (SQLITE_IOCAP_POWERSAFE_OVERWRITE, which the real VFS declares too).
- A file that has grown may have its old size still, or any between; a truncation may not have happened.
- New and deleted names are safe when their folder was synced. SQLite does so with the first sync of a journal or
  write-ahead log, and at a deletion with `sync`; a name that is not safe may be missing, or be there again.
- The -shm is nobody's promise: it may be gone, left as it was, or noise.

Modelled on the crash simulation of SQLite's own tests (test6.c), which knows sectors but no names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random

import apsw

SHARED = "-shm"
_JOURNALS = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL
_numbers = count(1)


class PowerLossError(BaseException):
    """The power is gone. No Exception, so that nothing that looks after errors goes on as if it were one."""


@dataclass(frozen=True)
class Write:
    """Bytes that are not safe yet."""

    offset: int
    data: bytes


@dataclass(frozen=True)
class Truncation:
    """A new, smaller size that is not safe yet."""

    size: int


@dataclass
class Content:
    """What a file holds: safe bytes, and what was done since."""

    safe: bytearray = field(default_factory=bytearray)
    since: list[Write | Truncation] = field(default_factory=list)

    def sync(self) -> None:
        """Everything is safe."""
        for one in self.since:
            _apply(self.safe, one)
        self.since.clear()

    def after_crash(self, dice: Random, sector: int) -> bytes:
        """What may be found when the power is back."""
        found = bytearray(self.safe)
        way, reached = dice.choice(("none", "all", "in order", "some", "some", "sectors")), len(self.since)
        if way == "in order":
            reached = dice.randint(0, len(self.since))
        for number, one in enumerate(self.since if way != "none" else ()):
            if way == "all" or (way == "in order" and number < reached):
                _apply(found, one)
            elif way == "in order":
                _tear(found, one, dice, sector)
                break
            elif way == "sectors" or dice.random() < 0.2:
                _tear(found, one, dice, sector)
            elif dice.random() < 0.5:
                _apply(found, one)
        if len(found) > len(self.safe) and dice.random() < 0.3:
            del found[dice.randint(len(self.safe), len(found)) :]
        return bytes(found)


def _apply(content: bytearray, one: Write | Truncation) -> None:
    if isinstance(one, Truncation):
        del content[one.size :]
        return
    end = one.offset + len(one.data)
    if len(content) < one.offset:
        content.extend(bytes(one.offset - len(content)))
    content[one.offset : end] = one.data


def _tear(content: bytearray, one: Write | Truncation, dice: Random, sector: int) -> None:
    """Some of a write: each sector that it touches is new, old, cut at a byte, zeros or noise."""
    if isinstance(one, Truncation):
        if dice.random() < 0.5:
            _apply(content, one)
        return
    at, end = one.offset, one.offset + len(one.data)
    while at < end:
        until = min((at // sector + 1) * sector, end)
        piece = one.data[at - one.offset : until - one.offset]
        match dice.choices(("new", "old", "cut", "zeros", "noise"), (45, 40, 5, 5, 5))[0]:
            case "old":
                piece = b""
            case "cut":
                piece = piece[: dice.randint(0, len(piece))]
            case "zeros":
                piece = bytes(len(piece))
            case "noise":
                piece = dice.randbytes(len(piece))
        if piece:
            _apply(content, Write(at, piece))
        at = until


class Disk:
    """One folder on a disk, and the VFS (`name`) through which SQLite reaches it."""

    def __init__(self, folder: Path) -> None:
        """The folder is to be empty and nobody else's."""
        self.folder = folder
        self.name = f"powerloss-{next(_numbers)}"
        self.dead = False
        self.struck: tuple[str, str] | None = None  # what the power was lost at: (operation, name of the file)
        self.operations = 0  # writes, truncations, syncs and deletions so far
        self._left: int | None = None
        self._files: dict[str, Content] = {}
        self._safe_names: dict[str, Content] = {}
        self._names_since: list[tuple[str, Content | None]] = []
        self._closing: list[Callable[[], None]] = []
        self._vfs = _Vfs(self)

    def close(self) -> None:
        """Takes the VFS away again."""
        self._vfs.unregister()

    def place(self, name: str, content: bytes) -> Path:
        """Puts a file there, safely."""
        path = self.folder / name
        path.write_bytes(content)
        self._files[name] = self._safe_names[name] = Content(bytearray(content))
        return path

    def at_crash(self, close: Callable[[], None]) -> None:
        """What is to be closed when the power is gone, for real locks outlive a simulated crash."""
        self._closing.append(close)

    def arm(self, points: int) -> None:
        """The power goes after so many points; each operation has one before and one after it."""
        self._left = points

    def disarm(self) -> None:
        """The power stays."""
        self._left = None

    def crash(self, dice: Random) -> dict[str, bytes]:
        """The power goes now, if it has not yet, and comes back. Gives what the files then hold."""
        self.dead = True
        shared = {f.name: f.read_bytes() for f in self.folder.glob(f"*{SHARED}")}
        for close in self._closing:
            close()
        self._closing.clear()
        sector = dice.choice((512, 4096))
        found = {name: content.after_crash(dice, sector) for name, content in self._names_after_crash(dice).items()}
        for file in self.folder.iterdir():
            file.unlink()
        for name, data in shared.items():
            match dice.choice(("gone", "left", "noise")):
                case "left":
                    (self.folder / name).write_bytes(data)
                case "noise":
                    (self.folder / name).write_bytes(dice.randbytes(len(data)))
        self._files.clear()
        self._safe_names.clear()
        self._names_since.clear()
        for name, data in found.items():
            self.place(name, data)
        self.dead, self.struck, self._left = False, None, None
        return found

    def _names_after_crash(self, dice: Random) -> dict[str, Content]:
        found = dict(self._safe_names)
        whole = dice.randint(0, len(self._names_since))
        for number, (name, content) in enumerate(self._names_since):
            if number < whole or dice.random() < 0.5:
                if content is None:
                    found.pop(name, None)
                else:
                    found[name] = content
        return found

    # ---- what SQLite does ---------------------------------------------------------------------------------------

    def point(self, operation: str, name: str) -> None:
        """A moment at which the power can go; afterwards nothing is done any more."""
        if not self.dead and self._left is not None:
            self._left -= 1
            if self._left < 0:
                self.dead, self.struck = True, (operation, name)
        if self.dead:
            raise apsw.IOError("the power is gone")

    def opened(self, name: str, create: bool) -> Content:
        """A file is opened, and made where it is not there and may be."""
        if name not in self._files and create:
            self._files[name] = Content()
            self._names_since.append((name, self._files[name]))
        return self._files[name]

    def deleted(self, name: str) -> None:
        """A file is gone for whoever looks for it by name."""
        del self._files[name]
        self._names_since.append((name, None))

    def sync_folder(self) -> None:
        """All names are safe."""
        self._safe_names = dict(self._files)
        self._names_since.clear()


class _Vfs(apsw.VFS):
    """Files of one disk."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        super().__init__(disk.name, "unix")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        if name is None:  # a temporary file; it is lost in any case
            return apsw.VFSFile("unix", None, flags)
        return _File(self._disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        name = Path(filename).name
        self._disk.point("delete", name)
        super().xDelete(filename, syncdir)
        self._disk.deleted(name)
        if syncdir:
            self._disk.sync_folder()
        self._disk.operations += 1
        self._disk.point("deleted", name)


class _File(apsw.VFSFile):
    """One open file."""

    def __init__(self, disk: Disk, filename: str | apsw.URIFilename, flags: list[int]) -> None:
        self._disk = disk
        self._name = Path(filename if isinstance(filename, str) else filename.filename()).name
        super().__init__("unix", filename, flags)
        create = bool(flags[0] & apsw.SQLITE_OPEN_CREATE)
        self._content = disk.opened(self._name, create)
        self._folder_too = create and bool(flags[0] & _JOURNALS)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.point("write", self._name)
        super().xWrite(data, offset)
        self._content.since.append(Write(offset, bytes(data)))
        self._disk.operations += 1
        self._disk.point("written", self._name)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.point("truncate", self._name)
        super().xTruncate(newsize)
        self._content.since.append(Truncation(newsize))
        self._disk.operations += 1
        self._disk.point("truncated", self._name)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.point("sync", self._name)
        self._content.sync()
        if self._folder_too:
            self._disk.sync_folder()
            self._folder_too = False
        self._disk.operations += 1
        self._disk.point("synced", self._name)
