"""A real SMTP server on loopback that does what a script says, and writes down what it took before it answers."""

from tests.sink.log import SinkLog, Taken
from tests.sink.process import SinkProcess
from tests.sink.script import Script, ScriptError, parse, read
from tests.sink.server import Sink

__all__ = ["Script", "ScriptError", "Sink", "SinkLog", "SinkProcess", "Taken", "parse", "read"]
