"""
What people send with today, installed into `.venv-bench` by its own clients: Python's by pip, Node's by npm, once.

Whoever cannot be installed here is left out, and the table says so. Nothing of it is ever imported by the product or committed.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

__all__ = ["FOLDER", "Peers", "install"]

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / ".venv-bench"
REQUIREMENTS: Final = Path(__file__).with_name("requirements.txt")
NODEMAILER: Final = "10.6.0"
INSTALL_S: Final = 180


class Peers:
    """Where each peer is, or why it is not (`absent`, by name)."""

    def __init__(self) -> None:
        self.absent: dict[str, str] = {}
        self.python = FOLDER / "bin" / "python"
        self.mailmerge = FOLDER / "bin" / "mailmerge"
        self.node_modules = FOLDER / "node" / "node_modules"
        self.node = shutil.which("node") or ""
        self.smtp_source = shutil.which("smtp-source") or shutil.which("smtp-source", path="/usr/sbin:/sbin") or ""

    @property
    def versions(self) -> str:
        """The versions that are in the environment, in one line."""
        pinned = [line.strip() for line in REQUIREMENTS.read_text("utf-8").splitlines() if "==" in line]
        return ", ".join([*(line.replace("==", " ") for line in pinned), f"nodemailer {NODEMAILER}"])


def install() -> Peers:
    """Install what is missing, and return what is there."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / ".gitignore").write_text("*\n", "utf-8")
    peers = Peers()
    fault = _python(peers)
    if fault:
        peers.absent |= {"mailmerge": fault, "aiosmtplib": fault}
    fault = _node(peers)
    if fault:
        peers.absent["nodemailer"] = fault
    if not peers.smtp_source:
        peers.absent["smtp-source"] = "postfix's test programs are not here (Debian: apt-get install postfix)"
    return peers


def _python(peers: Peers) -> str:
    mark = FOLDER / f".python-{REQUIREMENTS.stat().st_mtime_ns}"
    if mark.exists():
        return ""
    told = _tried([sys.executable, "-m", "venv", str(FOLDER)])
    told = told or _tried([str(peers.python), "-m", "pip", "install", "-q", "-r", str(REQUIREMENTS)])
    if not told:
        mark.touch()
    return f"pip could not install it: {told}" if told else ""


def _node(peers: Peers) -> str:
    npm = shutil.which("npm")
    package = peers.node_modules / "nodemailer" / "package.json"
    if package.is_file() and f'"version": "{NODEMAILER}"' in package.read_text("utf-8") and peers.node:
        return ""
    if not peers.node or not npm:
        return "Node and npm are not here (Debian: apt-get install nodejs npm)"
    folder = FOLDER / "node"
    folder.mkdir(exist_ok=True)
    quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    told = _tried([npm, "install", "--prefix", str(folder), *quiet, f"nodemailer@{NODEMAILER}"])
    return f"npm could not install it: {told}" if told else ""


def _tried(command: list[str]) -> str:
    """Run it; return its last words if it failed."""
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=INSTALL_S, cwd=FOLDER)
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    if not done.returncode:
        return ""
    return ((done.stderr or done.stdout).strip().splitlines() or ["no word"])[-1][:200]
