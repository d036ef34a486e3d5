"""A broker as production has it: TLS with a certificate of its own, and users with passwords."""

from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from libs.common.clock import now
from stack.engines.engine import free_port
from stack.engines.kafka import HOST, Kafka

USER, PASSWORD = "lienthong", "a password of the tests"
LISTENER = "listener.name.secure"
MODULES = "org.apache.kafka.common.security"


class SecureKafka(Kafka):
    """Besides its plain listener one for TLS and users, `secure_bootstrap`; `certificate` is what clients must trust."""

    formatting = ("--add-scram", f'SCRAM-SHA-512=[name="{USER}",password="{PASSWORD}"]')

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.secure_port = free_port()
        self.certificate = folder / "certificate.pem"

    @property
    def secure_bootstrap(self) -> str:
        """Return the address for clients with TLS."""
        return f"{HOST}:{self.secure_port}"

    def prepare(self) -> None:
        """Make the key and its certificate first."""
        self.folder.mkdir(parents=True, exist_ok=True)
        key, certificate = self_signed()
        self.certificate.write_bytes(certificate)
        (self.folder / "both.pem").write_bytes(key + certificate)
        super().prepare()

    def _own_settings(self) -> list[str]:
        secure = f"SECURE://{self.secure_bootstrap}"
        plain = [
            f"{line},{secure}" if line.startswith(("listeners=", "advertised.listeners=")) else line for line in super()._own_settings()
        ]
        return [
            *plain,
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL",
            f"{LISTENER}.ssl.keystore.type=PEM",
            f"{LISTENER}.ssl.keystore.location={self.folder / 'both.pem'}",
            f"{LISTENER}.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512",
            f'{LISTENER}.plain.sasl.jaas.config={MODULES}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
            f"{LISTENER}.scram-sha-512.sasl.jaas.config={MODULES}.scram.ScramLoginModule required;",
        ]


def self_signed() -> tuple[bytes, bytes]:
    """Return a key and a certificate for loopback, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "broker of the tests")])
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key(), serial_number=x509.random_serial_number())
        .not_valid_before(now() - timedelta(hours=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), certificate.public_bytes(Encoding.PEM)
