"""The few file-system calls that publishing a snapshot stands on, behind one face so that a test can fail each."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


class Disk:
    """The real file system. Every method raises OSError as the system call does."""

    def make_folder(self, folder: Path) -> None:
        """Create one folder; its parent exists."""
        folder.mkdir()

    def write(self, file: Path, content: bytes) -> None:
        """Create or overwrite a file; not yet durable."""
        file.write_bytes(content)

    def sync_file(self, file: Path) -> None:
        """Make a file's content durable."""
        _sync(file, os.O_RDONLY)

    def sync_folder(self, folder: Path) -> None:
        """Make the names in a folder durable."""
        _sync(folder, os.O_RDONLY | os.O_DIRECTORY)

    def rename(self, old: Path, new: Path) -> None:
        """Move within one file system, replacing a file of the new name, at once for every reader."""
        old.replace(new)

    def remove_tree(self, folder: Path) -> None:
        """Remove a folder and all below it."""
        shutil.rmtree(folder)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
