"""SQLite's files as a power cut would leave them: each write counts from its file's next sync on.

A VFS in front of SQLite's own, in this process alone. Beside the database and its log it keeps a
twin of each, to which writes are carried over when their file is synced. So the twins hold what was
synced, and nothing else; a kill while they are carried over is a cut in the middle of a sync.
https://www.sqlite.org/vfs.html, https://www.sqlite.org/c3ref/io_methods.html
"""

from __future__ import annotations

import _sqlite3
import ctypes
import os
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p, cast
from pathlib import Path

TWIN = ".synced"
_KEPT = (".db", ".db-wal")

_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)
_Change = tuple[int, bytes | None]
"""Octets written at an offset; None: the file was cut there."""


class _Methods(Structure):
    """The first of sqlite3_io_methods, and room for the others of its third version."""

    _fields_ = (
        ("version", c_int),
        ("close", c_void_p),
        ("read", c_void_p),
        ("write", _Write),
        ("truncate", _Truncate),
        ("sync", _Sync),
        ("others", c_void_p * 13),
    )


class _File(Structure):
    _fields_ = (("methods", POINTER(_Methods)),)


class _Vfs(Structure):
    """The first of sqlite3_vfs, and room for the others of its third version."""

    _fields_ = (
        ("version", c_int),
        ("file_size", c_int),
        ("longest_path", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", _Open),
        ("others", c_void_p * 15),
    )


class _Twins:
    """What is not synced yet of each file, and the twins that have the rest."""

    def __init__(self, real: _Vfs) -> None:
        self._real = real
        self._paths: dict[int, str] = {}  # by the address of SQLite's open file
        self._pending: dict[str, list[_Change]] = {}
        # A database has other methods than a log; those of SQLite's that we stand before are alike.
        self._methods: dict[int, _Methods] = {}
        self._of_sqlite: _Methods | None = None
        self.vfs = _Vfs.from_buffer_copy(real)
        self.vfs.name = b"synced"
        self.vfs.open = _Open(self._open)

    def _open(self, vfs: int, name: int | None, file: int, flags: int, out: int) -> int:
        code = int(self._real.open(vfs, name, file, flags, out))
        path = ctypes.string_at(name).decode() if name else ""
        if code == 0 and path.endswith(_KEPT):
            self._paths[file] = path
            found = cast(file, POINTER(_File)).contents
            found.methods = ctypes.pointer(self._before(found.methods.contents))
        return code

    def _before(self, methods: _Methods) -> _Methods:
        known = self._methods.get(ctypes.addressof(methods))
        if known is not None:
            return known
        self._of_sqlite = methods
        ours = _Methods.from_buffer_copy(methods)
        ours.version = 2  # the third has memory-mapped pages, whose writes go unseen
        ours.write = _Write(self._write)
        ours.truncate = _Truncate(self._truncate)
        ours.sync = _Sync(self._sync)
        self._methods[ctypes.addressof(methods)] = ours
        return ours

    def _note(self, file: int, change: _Change) -> None:
        self._pending.setdefault(self._paths[file], []).append(change)

    def _write(self, file: int, octets: int, size: int, at: int) -> int:
        assert self._of_sqlite is not None
        self._note(file, (at, ctypes.string_at(octets, size)))
        return int(self._of_sqlite.write(file, octets, size, at))

    def _truncate(self, file: int, size: int) -> int:
        assert self._of_sqlite is not None
        self._note(file, (size, None))
        return int(self._of_sqlite.truncate(file, size))

    def _sync(self, file: int, flags: int) -> int:
        assert self._of_sqlite is not None
        path = self._paths[file]
        # A sync is for the file, whoever wrote to it and through whichever handle.
        changes = self._pending.pop(path, [])
        code = int(self._of_sqlite.sync(file, flags))
        _carry_over(path + TWIN, changes)
        return code


def _carry_over(twin: str, changes: list[_Change]) -> None:
    descriptor = os.open(twin, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for at, octets in changes:
            if octets is None:
                os.ftruncate(descriptor, at)
            else:
                os.pwrite(descriptor, octets, at)
    finally:
        os.close(descriptor)


_kept: list[_Twins] = []  # SQLite keeps pointers into it


def keep_twins() -> None:
    """From now on this process keeps twins of the databases that it opens."""
    sqlite = ctypes.CDLL(_sqlite3.__file__)
    sqlite.sqlite3_vfs_find.restype = POINTER(_Vfs)
    sqlite.sqlite3_vfs_find.argtypes = (c_char_p,)
    sqlite.sqlite3_vfs_register.argtypes = (POINTER(_Vfs), c_int)
    twins = _Twins(sqlite.sqlite3_vfs_find(None).contents)
    _kept.append(twins)
    assert sqlite.sqlite3_vfs_register(ctypes.byref(twins.vfs), 1) == 0


def begin_twins(database: Path) -> None:
    """The files as they are count as synced; to be said before each process that keeps twins."""
    for path in _files(database):
        _twin(path).unlink(missing_ok=True)
        if path.exists():
            _twin(path).write_bytes(path.read_bytes())


def cut_power(database: Path) -> None:
    """Puts in place what had been synced, after the last process has ended."""
    database.with_name(database.name + "-shm").unlink(missing_ok=True)
    for path in _files(database):
        path.unlink(missing_ok=True)
        if _twin(path).exists():
            path.write_bytes(_twin(path).read_bytes())


def _files(database: Path) -> tuple[Path, Path]:
    return database, database.with_name(database.name + "-wal")


def _twin(path: Path) -> Path:
    return path.with_name(path.name + TWIN)
