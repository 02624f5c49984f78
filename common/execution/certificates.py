"""Certificates of a Dask cluster: without one of its own, nobody can connect to it and run code on its workers."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from common.core.errors import DataError, SpecError

if TYPE_CHECKING:
    from distributed import Security

# Schemes of addresses whose connections are encrypted and need a certificate on both sides.
_ENCRYPTED = ("tls://", "wss://")


@dataclass(frozen=True)
class Certificates:
    """Files for a cluster that others started, in PEM format.

    Args:
        ca: certificate of the authority that signed those of the cluster; None where no certificates are given.
        certificate: of this command, signed by the same authority; None where no certificates are given.
        key: of the certificate; None where the certificate's file holds it.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def require_complete(self, cluster: str | None) -> None:
        """Check that files are given together, for a cluster of such an address, and that they can be read.

        Args:
            cluster: address of the scheduler; None where there is no cluster.

        Raises:
            SpecError: one of the flags lacks another one.
            DataError: a file cannot be read.
        """
        given = {
            flag: path
            for flag, path in (
                ("--cluster-ca", self.ca),
                ("--cluster-cert", self.certificate),
                ("--cluster-key", self.key),
            )
            if path is not None
        }
        if not given:
            return
        named = ", ".join(f"{flag} {path}" for flag, path in given.items())
        if cluster is None or not is_encrypted(cluster):
            found = "there is no --cluster" if cluster is None else f"--cluster is {cluster}"
            raise SpecError(f"{named}: for a scheduler with TLS, but {found}; expected --cluster tls://HOST:8786.")
        lacking = [flag for flag in ("--cluster-ca", "--cluster-cert") if flag not in given]
        if lacking:
            raise SpecError(f"{named}: expected {' and '.join(lacking)}, too.")
        for flag, path in given.items():
            try:
                path.expanduser().read_bytes()
            except OSError as error:
                raise DataError(f"{flag} {path}: cannot be read ({error.strerror}); expected a PEM file.") from error

    def security(self) -> "Security":
        """The certificates as Dask takes them; where none are given, those of Dask's own configuration
        (`distributed.comm.tls`), if there are any.

        Raises:
            DataError: the files hold no certificates, or no key that fits.
        """
        from distributed import Security

        if self.ca is None:
            return Security()
        files = {"tls_ca_file": self.ca, "tls_client_cert": self.certificate, "tls_client_key": self.key}
        names = {name: None if path is None else str(path.expanduser()) for name, path in files.items()}
        security = Security(require_encryption=True, **names)
        try:
            security.get_connection_args("client")
        except OSError as error:  # that of the module `ssl` is one
            raise DataError(
                f"{', '.join(str(path) for path in files.values() if path is not None)}: cannot be used "
                f"({error.strerror or error}). --cluster-ca and --cluster-cert take certificates in PEM files, "
                "and --cluster-key takes the key of the second if that is not in its file."
            ) from error
        return security


def is_encrypted(address: str) -> bool:
    """Whether connections to the address of a scheduler are encrypted and need certificates."""
    return address.startswith(_ENCRYPTED)
