"""Calls through a real TURN server (coturn) on the loopback address, by UDP, TCP and TLS."""

import contextlib
import datetime
import ipaddress
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.net import signalling
from app.net.emulator import LinkConditions
from app.net.ice_servers import IceServer, parse_ice_server
from app.net.peer import PeerOptions
from app.net.server_check import check_ice_server
from tests.app.net.conftest import Call, start_call, wait_for

TURNSERVER = shutil.which("turnserver")

pytestmark = pytest.mark.skipif(TURNSERVER is None, reason="coturn's turnserver is not installed")

DELAYED = LinkConditions(delay_ms=1)


@dataclass(frozen=True)
class TurnServer:
    port: int
    tls_port: int
    certificate: Path
    log: Path

    def url(self, transport: str) -> str:
        if transport == "tls":
            return f"turns:127.0.0.1:{self.tls_port}?transport=tcp"
        return f"turn:127.0.0.1:{self.port}?transport={transport}"


def free_port() -> int:
    """Free for both protocols: coturn binds a port that another UDP socket holds without a word, and hears nothing."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            port: int = server.getsockname()[1]
            with contextlib.suppress(OSError):
                datagrams.bind(("", port))
                return port


def write_certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "turn.test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "turn.pem", folder / "turn.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@pytest.fixture(scope="module")
def turn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TurnServer]:
    folder = tmp_path_factory.mktemp("turn")
    certificate, key = write_certificate(folder)
    server = TurnServer(free_port(), free_port(), certificate, folder / "log")
    assert TURNSERVER is not None
    command = [
        TURNSERVER, "-n", "--no-cli", "--lt-cred-mech", "--user=me:secret", "--realm=visavis.test",
        "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--allow-loopback-peers", "--fingerprint",
        f"--listening-port={server.port}", f"--tls-listening-port={server.tls_port}",
        f"--cert={certificate}", f"--pkey={key}", f"--log-file={server.log}", "--simple-log", "--verbose",
        f"--pidfile={folder / 'pid'}", f"--userdb={folder / 'users'}",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
    try:
        wait_for(lambda: is_listening(server.port) and is_listening(server.tls_port) and hears_datagrams(server.port))
        yield server
    finally:
        process.terminate()
        process.wait(10)


def is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        time.sleep(0.05)
        return False
    return True


def hears_datagrams(port: int) -> bool:
    try:
        check_ice_server(IceServer(f"stun:127.0.0.1:{port}"), 1)
    except ConnectionError:
        return False
    return True


def relayed(server: IceServer) -> PeerOptions:
    return PeerOptions((server,), relay_only=True, loopback=True, conditions=DELAYED)


def offer_of(call: Call) -> str:
    offer = signalling.parse(call.host_line.sent[0])
    assert isinstance(offer, signalling.Offer)
    return offer.sdp


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_relay_alone_carries_the_call_and_comes_back(
    turn: TurnServer, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(turn.certificate))
    call = start_call(relayed(parse_ice_server(turn.url(transport), "me", "secret")))
    try:
        wait_for(lambda: call.host.safety and call.caller.safety)
        call.host.peer.send_control(b"through the relay" * 1000)
        wait_for(lambda: call.caller.control)
        kinds = re.findall(r"a=candidate:.* typ (\w+)", offer_of(call))
        assert set(kinds) == {"relay"}
        assert "raddr 0.0.0.0 rport 9" in offer_of(call)
        call.caller.peer.net.post(call.caller.peer._with_negotiation, lambda negotiation: negotiation.lose())
        wait_for(lambda: all(end.states[-2:] == ["reconnecting", "connected"] for end in call.ends))
        call.host.control.clear()
        call.caller.peer.send_control(b"again")
        wait_for(lambda: call.host.control == [b"again"])
    finally:
        call.close()
    assert "user <me>" in turn.log.read_text()


@pytest.mark.parametrize(("transport", "password"), [("udp", "wrong"), ("tls", "secret")])
def test_server_that_cannot_be_used_ends_the_call_and_shows_no_address(
    turn: TurnServer, transport: str, password: str
) -> None:
    """A wrong password, and a certificate that nobody vouches for."""
    call = start_call(relayed(parse_ice_server(turn.url(transport), "me", password)))
    try:
        wait_for(lambda: call.host.ends and call.caller.ends)
    finally:
        call.close()
    assert call.host.ends[0][0].startswith("no TURN server relays for this end")
    assert call.caller.ends[0][0].startswith("the other end left: no TURN server")
    assert all(b"offer" not in sent and b"answer" not in sent for sent in call.host_line.sent + call.caller_line.sent)


def test_one_end_behind_a_relay_reaches_one_that_is_not(turn: TurnServer) -> None:
    caller = PeerOptions(loopback=True, conditions=DELAYED)
    call = start_call(relayed(parse_ice_server(turn.url("udp"), "me", "secret")), caller)
    try:
        wait_for(lambda: call.host.safety and call.caller.safety)
    finally:
        call.close()


def test_stun_server_adds_the_address_that_it_sees(turn: TurnServer) -> None:
    call = start_call(
        PeerOptions((parse_ice_server(f"stun:127.0.0.1:{turn.port}"),), conditions=DELAYED, loopback=True)
    )
    try:
        wait_for(lambda: call.host.safety and call.caller.safety)
        assert set(re.findall(r"a=candidate:.* typ (\w+)", offer_of(call))) == {"host", "srflx"}
    finally:
        call.close()


def test_second_server_is_tried_when_the_first_does_not_answer(turn: TurnServer) -> None:
    servers = (
        parse_ice_server(f"turn:me:secret@127.0.0.1:{free_port()}?transport=tcp"),
        parse_ice_server(turn.url("udp"), "me", "secret"),
    )
    call = start_call(PeerOptions(servers, relay_only=True, loopback=True, conditions=DELAYED))
    try:
        wait_for(lambda: call.host.safety and call.caller.safety, 30)
    finally:
        call.close()


def test_relay_alone_needs_a_relay() -> None:
    with pytest.raises(ValueError, match="needs a TURN server"):
        PeerOptions((parse_ice_server("stun:127.0.0.1"),), relay_only=True)
