"""Where two ends meet and what helps them to reach each other: meeting point, STUN and TURN servers, relay only."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem

from app.net.codes import PUBLIC_URL, parse_url
from app.net.ice_servers import IceServer, parse_ice_server
from app.settings import ICE_SERVERS_MAX, Settings
from app.ui.background import Errand
from app.ui.context import Context
from app.ui.controls import make_button
from app.ui.settings_parts import SettingsPart

LIST_PX = 104
PASSWORD_PX = 190


class ConnectionPart(SettingsPart):
    """The card."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, self.tr("Connection"))
        self.meeting_point = QLineEdit()
        self.meeting_point.setPlaceholderText(PUBLIC_URL)
        self.meeting_point.editingFinished.connect(self._choose_meeting_point)
        self.test_meeting_point = make_button(self.tr("&Test"), self._test_meeting_point)
        self.test_meeting_point.setAccessibleName(self.tr("Test the meeting point"))
        self.add_row(self.tr("Meeting &point"), self.meeting_point, self.test_meeting_point)
        self.meeting_note = self.add_note()
        self.meeting_note.setText(self.tr("Both ends must use the same one. It cannot listen in."))
        self._add_servers()
        self.relay_only = QCheckBox(self.tr("Go through a TURN server &alone: whom you call does not see your address"))
        self.relay_only.toggled.connect(lambda on: self.keep(relay_only=on))
        self.column.addWidget(self.relay_only)
        self._errand = Errand("server-check")
        self._errand.done.connect(self._answered)
        self._errand.failed.connect(self._refused)
        self._asked = self.meeting_note

    def _add_servers(self) -> None:
        self.servers = QListWidget()
        self.servers.setObjectName("kept")
        self.servers.setFixedHeight(LIST_PX)
        self.servers.currentRowChanged.connect(lambda _: self._look())
        self.add_row(self.tr("STUN and TURN ser&vers"), self.servers)
        self.url, self.username, self.password = QLineEdit(), QLineEdit(), QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        for field, words in (
            (self.url, self.tr("turn:turn.example.org")),
            (self.username, self.tr("user name")),
            (self.password, self.tr("password")),
        ):
            field.setPlaceholderText(words)
            field.returnPressed.connect(self._add_server)
        self.password.setMinimumWidth(PASSWORD_PX)
        self.username.setAccessibleName(self.tr("User name of the new server"))
        self.password.setAccessibleName(self.tr("Password of the new server"))
        self.add = make_button(self.tr("A&dd"), self._add_server)
        self.add_row(self.tr("Ne&w server"), self.url)
        self.add_row(self.tr("Who &you are there"), self.username, self.password, self.add)
        self.test = make_button(self.tr("Test the se&lected one"), self._test_server)
        self.remove = make_button(self.tr("&Remove it"), self._remove_server)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.test)
        row.addWidget(self.remove)
        self.column.addLayout(row)
        self.server_note = self.add_note()
        self.server_note.hide()

    def leave(self) -> None:
        """No answer is wanted any more."""
        self._errand.forget()

    def show_settings(self, settings: Settings) -> None:
        """Show what is chosen."""
        if not self.meeting_point.hasFocus():
            self.meeting_point.setText("" if settings.rendezvous == PUBLIC_URL else settings.rendezvous)
        row = self.servers.currentRow()
        self.servers.clear()
        for server in settings.ice_servers:
            text = f"{server.url} – {server.username}" if server.username else server.url
            self.servers.addItem(QListWidgetItem(text))
        self.servers.setCurrentRow(min(max(row, 0), self.servers.count() - 1))
        has_turn = any(server.is_turn for server in settings.ice_servers)
        self.relay_only.setEnabled(has_turn or settings.relay_only)
        self.relay_only.blockSignals(True)
        self.relay_only.setChecked(settings.relay_only)
        self.relay_only.blockSignals(False)
        self.relay_only.setToolTip("" if has_turn else self.tr("Add a TURN server first"))
        self._look()

    def _look(self) -> None:
        chosen = self.servers.currentRow() >= 0
        self.test.setEnabled(chosen)
        self.remove.setEnabled(chosen)
        self.add.setEnabled(self.servers.count() < ICE_SERVERS_MAX)

    @property
    def _selected(self) -> IceServer | None:
        servers, row = self.context.settings.ice_servers, self.servers.currentRow()
        return servers[row] if 0 <= row < len(servers) else None

    # the meeting point

    def _choose_meeting_point(self) -> None:
        try:
            url = parse_url(self.meeting_point.text().strip() or PUBLIC_URL)
        except ValueError as error:
            self._say(self.meeting_note, str(error), True)
            return
        self._say(self.meeting_note, self.tr("Both ends must use the same one. It cannot listen in."), False)
        self.keep(rendezvous=url)

    def _test_meeting_point(self) -> None:
        self._choose_meeting_point()
        url = self.context.settings.rendezvous

        def ask() -> str:
            from app.net.server_check import check_meeting_point

            check_meeting_point(url)
            return url

        self._ask(self.meeting_note, ask)

    # servers

    def _add_server(self) -> None:
        try:
            server = parse_ice_server(self.url.text().strip(), self.username.text().strip(), self.password.text())
        except ValueError as error:
            self._say(self.server_note, str(error), True)
            return
        for field in (self.url, self.username, self.password):
            field.clear()
        others = tuple(one for one in self.context.settings.ice_servers if one.url != server.url)
        self._keep_servers((*others, server))
        self.servers.setCurrentRow(self.servers.count() - 1)
        self._say(self.server_note, "", False)

    def _remove_server(self) -> None:
        selected = self._selected
        if selected is not None:
            self._keep_servers(tuple(one for one in self.context.settings.ice_servers if one is not selected))

    def _keep_servers(self, servers: tuple[IceServer, ...]) -> None:
        relay_only = self.context.settings.relay_only and any(server.is_turn for server in servers)
        self.keep(ice_servers=servers, relay_only=relay_only)
        self.show_settings(replace(self.context.settings))

    def _test_server(self) -> None:
        server = self._selected
        if server is None:
            return

        def ask() -> str:
            from app.net.server_check import check_ice_server

            check_ice_server(server)
            return server.url

        self._ask(self.server_note, ask)

    # asking

    def _ask(self, note: object, ask: object) -> None:
        assert callable(ask)
        if self._errand.run(ask):
            self._asked = self.meeting_note if note is self.meeting_note else self.server_note
            self._say(self._asked, self.tr("Asking …"), False)

    def _answered(self, name: str) -> None:
        self._say(self._asked, self.tr("{0} answers.").format(name), False)

    def _refused(self, reason: str) -> None:
        self._say(self._asked, reason, True)

    def _say(self, note: object, text: str, is_fault: bool) -> None:
        label = self.meeting_note if note is self.meeting_note else self.server_note
        label.setText(text)
        label.setVisible(bool(text))
        label.setObjectName("fault" if is_fault else "detail")
        label.style().unpolish(label)
        label.style().polish(label)
