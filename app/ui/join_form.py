"""Where one types the code of a call, its words completed."""

from __future__ import annotations

import threading

from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLineEdit, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.call.retirement import Retirement
from app.net.codes import CODE_WORDS, PairingError, complete_code, load_words, tidy_code
from app.ui.controls import make_label

LETTERS_MAX = 80


class JoinForm(QWidget):
    """A field and a button. What is typed in any way that people write codes is understood.

    Args:
        retirement: sees that the loading of words ends.
    """

    joined = Signal(str)
    """The person wants to join with this code, in its one form."""

    _words_loaded = Signal(object)

    def __init__(self, retirement: Retirement) -> None:
        super().__init__()
        self._retirement = retirement
        self.field = QLineEdit()
        self.field.setPlaceholderText("7-crossover-clockwork")
        self.field.setMaxLength(LETTERS_MAX)
        self.field.setClearButtonEnabled(True)
        for clear in self.field.findChildren(QToolButton):
            clear.setAccessibleName(self.tr("Clear the code"))
        self.field.setAccessibleName(self.tr("Code of the call"))
        self.field.setToolTip(self.tr("The code that the other person gave you: a number and two words"))
        self._words: tuple[tuple[str, ...], ...] = ()
        self._loader: threading.Thread | None = None
        self._words_loaded.connect(self._take_words)
        self._model = QStringListModel(self)
        self.field.installEventFilter(self)
        completer = QCompleter(self._model, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setMaxVisibleItems(8)
        self.field.setCompleter(completer)
        self.button = QPushButton(self.tr("&Join"))
        self.button.setEnabled(False)
        self.button.setToolTip(self.tr("Join the call (Return)"))
        self.problem = make_label("", "fault")
        self.problem.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.field, stretch=1)
        row.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.problem)
        self.field.textEdited.connect(self._complete)
        self.field.textChanged.connect(self._judge)
        self.field.returnPressed.connect(self._join)
        self.button.clicked.connect(self._join)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  # Qt's name
        """Whoever comes into the field is about to type words."""
        if event.type() == QEvent.Type.FocusIn:
            self.load_words()
        return super().eventFilter(watched, event)

    def load_words(self) -> None:
        """Load the words that codes are made of, in a thread: Twisted comes with them, and takes a second."""
        if self._loader is None:
            self._loader = threading.Thread(target=self._load, name="code-words", daemon=True)
            self._loader.start()
            self._retirement.watch(self._loader, self)

    def _load(self) -> None:
        self._words_loaded.emit(load_words())

    def _take_words(self, words: tuple[tuple[str, ...], ...]) -> None:
        self._words = words
        if self.field.text():
            self._complete(self.field.text())

    def _complete(self, text: str) -> None:
        typed = "-".join(text.lower().replace("-", " ").split()) + ("-" if text[-1:] in (" ", "-") else "")
        if text[-1:] == " " and typed:  # words may be parted by spaces too, and the completions have hyphens
            self.field.setText(typed)
        self._model.setStringList(list(complete_code(typed, self._words)))

    def _judge(self, text: str) -> None:
        self.problem.hide()
        self.button.setEnabled(bool(text.strip()))

    def _join(self) -> None:
        text = self.field.text()
        if not text.strip():
            return
        try:
            code = tidy_code(text)
        except PairingError:
            self._complain()
            return
        if code.count("-") != CODE_WORDS:
            self._complain()
            return
        self.field.clear()
        self.joined.emit(code)

    def _complain(self) -> None:
        self.problem.setText(self.tr("That is no code: one has a number and two words, like 7-crossover-clockwork."))
        self.problem.show()
