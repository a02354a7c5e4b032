"""Files become scenes: converted in a process of their own, moved into the store, and then made visible by a row."""

from __future__ import annotations

import dataclasses
import hashlib
import multiprocessing
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from location_cloud.errors import BadInput, CloudError
from location_cloud.imagery.converting import convert
from location_cloud.imagery.model import Scene, Wish
from location_cloud.imagery.model_conversion import Converted, Job
from location_cloud.imagery.sources import Source

if TYPE_CHECKING:
    from datetime import datetime

    from location_cloud.capability import Progress

FOLDER = "imagery"
HIDDEN = ".new-"
"""Beginning of folders that are being written; the number of the writing process follows."""

FORMAT = "1"
"""Version of what a conversion makes; a new one makes new files of the same source."""

SET_NAME = r"[a-z0-9][a-z0-9_-]{0,53}"
"""Ten letters shorter than the names of tile sets may be: heights are also offered as NAME-hillshade."""

RESERVED = ("base", "traffic", "light", "dark", "traffic-map", "satellite", "stac")
"""Names of tile sets and of an address that are not imagery's to take."""

TAKEN = re.compile(r"layers-.*|.*-hillshade")
"""Names of tile sets that are made from others' names."""

FREE_SHARE = 0.05
"""Of the disk; a conversion is refused where less would stay free."""


Convert = Callable[[Job, "Progress"], Converted]


def convert_apart(job: Job, progress: Progress) -> Converted:
    """`convert` in a process of its own: a file that crashes the decoder ends that process only, and an interrupt
    is obeyed at once, also inside of GDAL.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_convert_in_child, args=(job, theirs), daemon=True)
    child.start()
    theirs.close()
    try:
        while True:
            what, value = ours.recv()
            if what == "step":
                title, units = value
                if title:
                    progress.step(title, units)
                else:
                    progress.advance(units)
            elif what == "refused":
                raise BadInput(value)
            elif what == "failed":
                raise value
            else:
                found: Converted = value
                return found
    except EOFError:
        child.join()
        raise BadInput(f"{job.files[0]}: the decoder crashed over it ({_ending(child.exitcode)})") from None
    finally:
        child.terminate()
        child.join()
        ours.close()


def convert_here(job: Job, progress: Progress) -> Converted:
    """`convert` in this process, for files that are trusted."""
    return convert(job, lambda title, units: progress.step(title, units) if title else progress.advance(units))


def add_source(
    home: Path, source: Source, wish: Wish, known: dict[str, str], now: datetime, progress: Progress, run: Convert
) -> Scene | None:
    """Converts a source and lays its files into the store, where nobody sees them before a row names them.

    known: id -> digest of the scenes that the set has. run: `convert_apart` or `convert_here`.
    Gives None if the same file is there already. Raises BadInput for what cannot be read, OSError.
    """
    scene_id = scene_name(source.title)
    digest = _digest(source, wish, progress)
    if known.get(scene_id) == digest:
        return None
    with staging(home) as folder:
        _check_room(folder, source)
        job = Job(source.title, source.files, source.band_names, folder, wish.kind, wish.compression)
        made = run(job, progress)
        key = hashlib.blake2b(f"{wish.tenant}\0{wish.set}\0{scene_id}\0{digest}".encode(), digest_size=16).hexdigest()
        scene = Scene(
            key=key,
            tenant=wish.tenant,
            set=wish.set,
            id=scene_id,
            title=source.title,
            taken=wish.taken or source.taken,
            added=now.isoformat(timespec="seconds"),
            licence=wish.licence or source.licence,
            attribution=wish.attribution or source.attribution,
            source=", ".join(file.name for file in source.files)[:1000],
            digest=digest,
            bytes=(folder / "scene.tif").stat().st_size,
            **{
                **{name.name: getattr(made, name.name) for name in dataclasses.fields(made)},
                "footprint": orjson.dumps(made.footprint),
            },
        )
        _publish(home, folder, key)
    return scene


def scene_file(home: Path, key: str) -> Path:
    """Where the pixels of a scene lie."""
    return home / FOLDER / key[:2] / f"{key}.tif"


def cover_file(home: Path, key: str) -> Path:
    """Where it is written which tiles of a scene hold data."""
    return home / FOLDER / key[:2] / f"{key}.npy"


def remove_files(home: Path, keys: list[str]) -> None:
    """Removes the files of scenes that no row names any more; whoever has them open reads on."""
    for key in keys:
        scene_file(home, key).unlink(missing_ok=True)
        cover_file(home, key).unlink(missing_ok=True)


def scene_name(title: str) -> str:
    """The id of a scene: its title in letters, digits, dots and dashes of any script."""
    cleaned = re.sub(r"[^\w.-]+", "-", title).strip(".-")[:100]
    return cleaned or "scene"


def set_name(text: str) -> str:
    """The name of a set made from a file's name. Raises BadInput if nothing of it can be used."""
    cleaned = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:54].strip("-")
    return check_set_name(cleaned)


def check_set_name(name: str) -> str:
    """The name itself. Raises BadInput if no set may be called so."""
    if not re.fullmatch(SET_NAME, name) or name in RESERVED or TAKEN.fullmatch(name):
        raise BadInput(
            f"{name!r} cannot name a set: give --name with a-z, 0-9, '-', '_'; not {', '.join(RESERVED)}, layers-..., "
            "...-hillshade"
        )
    return name


@contextmanager
def staging(home: Path) -> Iterator[Path]:
    """A hidden folder on the store's disk, gone at the end whatever happens."""
    place = home / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    for left in place.glob(f"{HIDDEN}*"):
        if not _is_running(int(left.name.split("-")[1])):  # its process was killed: nobody else would remove it
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{HIDDEN}{os.getpid()}-", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _publish(home: Path, folder: Path, key: str) -> None:
    target = scene_file(home, key)
    target.parent.mkdir(exist_ok=True)
    for made, final in ((folder / "cover.npy", cover_file(home, key)), (folder / "scene.tif", target)):
        with made.open("rb") as file:
            os.fsync(file.fileno())
        made.replace(final)


def _digest(source: Source, wish: Wish, progress: Progress) -> str:
    chosen = (FORMAT, wish.kind or "", wish.compression or "", wish.taken, wish.licence, wish.attribution)
    digest = hashlib.sha256("\0".join(chosen).encode())
    progress.step(f"reading {source.title[:40]}", sum(file.stat().st_size for file in source.files) >> 20)
    for file in source.files:
        with file.open("rb") as opened:
            while part := opened.read(1 << 24):
                digest.update(part)
                progress.advance(len(part) >> 20)
    return digest.hexdigest()


def _check_room(folder: Path, source: Source) -> None:
    needed = 3 * sum(file.stat().st_size for file in source.files)
    disk = shutil.disk_usage(folder)
    if disk.free - needed < FREE_SHARE * disk.total:
        raise BadInput(
            f"{source.files[0]}: needs about {needed / 1e9:,.1f} GB for a while; {disk.free / 1e9:,.1f} GB are free"
        )


def _convert_in_child(job: Job, pipe: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it and ends this process
    try:
        made = convert(job, lambda title, units: pipe.send(("step", (title, units))))
        pipe.send(("done", made))
    except BadInput as error:
        pipe.send(("refused", str(error)))
    except (CloudError, OSError) as error:
        pipe.send(("failed", error))


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {-code}"
    return f"exit status {code}"
