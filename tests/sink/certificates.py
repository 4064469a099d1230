"""Certificates for the sink: one good, and each way of being bad."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import trustme

__all__ = ["Papers", "papers"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Papers:
    """A server's certificate and key, and the file of authorities a client should trust."""

    certificate: Path
    key: Path
    authority: Path

    @property
    def pair(self) -> tuple[Path, Path]:
        """What a server loads."""
        return self.certificate, self.key


def papers(folder: Path, kind: str = "good") -> Papers:
    """Make papers in `folder`: good, self-signed (by an authority nobody trusts), expired, or other-name."""
    trusted = trustme.CA()
    issuer = trustme.CA() if kind == "self-signed" else trusted
    names = ["elsewhere.test"] if kind == "other-name" else ["127.0.0.1", "localhost"]
    until = dt.datetime(2020, 1, 1, tzinfo=dt.UTC) if kind == "expired" else None
    issued = issuer.issue_cert(*names, not_after=until)
    made = Papers(
        certificate=folder / f"{kind}.pem", key=folder / f"{kind}.key", authority=folder / f"{kind}-authority.pem"
    )
    issued.private_key_pem.write_to_path(made.key)
    for blob in issued.cert_chain_pems:
        blob.write_to_path(made.certificate, append=True)
    trusted.cert_pem.write_to_path(made.authority)
    return made
