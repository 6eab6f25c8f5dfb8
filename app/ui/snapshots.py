"""Keeping a picture of a call in the person's folder of pictures, without holding up the window."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, QRunnable, QStandardPaths, QThreadPool, Signal
from PySide6.QtGui import QImage

from app import paths


def snapshot_file(folder: Path | None = None) -> Path:
    """Where the next picture goes."""
    if folder is None:
        pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        folder = Path(pictures) / "Visavis"
    return folder / time.strftime("Visavis %Y-%m-%d %H.%M.%S.png")


class _Messenger(QObject):
    done = Signal(str)
    failed = Signal(str)


class _Saving(QRunnable):
    def __init__(self, image: QImage, path: Path, messenger: _Messenger) -> None:
        super().__init__()
        self._image = image
        self._path = path
        self._messenger = messenger

    def run(self) -> None:
        """Write the file."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with paths.whole_file(self._path) as temporary:
                if not self._image.save(str(temporary)):
                    raise OSError(f"cannot be written: {self._path}")
        except OSError as error:
            self._messenger.failed.emit(error.strerror or str(error))
        else:
            self._messenger.done.emit(str(self._path))


def keep_snapshot(
    image: QImage,
    owner: QObject,
    tell: Callable[[str], None],
    tell_fault: Callable[[str], None],
    path: Path | None = None,
) -> None:
    """Write a picture on a thread of Qt's pool, and tell where it is, or why not, on the window's thread.

    Args:
        image: the picture.
        owner: as long as it lives it is told.
        tell: told where the picture is.
        tell_fault: told why there is none.
        path: the file; a new one in the person's folder of pictures when not given.
    """
    messenger = _Messenger(owner)

    def done(where: str) -> None:
        tell(QCoreApplication.translate("Snapshots", "The picture is kept: {0}").format(where))
        messenger.deleteLater()

    def failed(why: str) -> None:
        tell_fault(QCoreApplication.translate("Snapshots", "The picture could not be kept: {0}").format(why))
        messenger.deleteLater()

    messenger.done.connect(done)
    messenger.failed.connect(failed)
    QThreadPool.globalInstance().start(_Saving(image, path or snapshot_file(), messenger))
