"""What all measurements stand on: the binaries, the server, and ways to call programs that end the bench where they fail."""
import os
import pathlib
import socket
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = pathlib.Path(__file__).resolve().parent
BIN = (ROOT / os.environ.get("BENCH_BIN", ".build-release/release")).resolve()
TOOL, STAND_IN = BIN / "owui-upgrade", BIN / "open-webui-stand-in"
SOURCE, TARGET, REPLICAS = "0.6.43", "0.12.4", 3
HEAD = "0bd252b206fb"
SERVER = os.environ.get("OWUI_TEST_POSTGRES", "")
SHOWS_GAPS = "--gaps" in sys.argv


def fail(text):
    sys.exit(f"bench: {text}")


def say(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def check(command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        fail(f"{' '.join(str(word) for word in command[:3])} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def psql(url, sql):
    program = pathlib.Path(os.environ["OWUI_TEST_POSTGRES_BIN"]) / "psql"
    return check([program, "-XqtA", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql])


def database(name):
    """The address of a database of the server, as this machine knows it."""
    return f"{SERVER.rsplit('/', 1)[0]}/{name}"


def make_database(name, template=None):
    psql(SERVER, f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))


def drop_database(name):
    psql(SERVER, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Rows:
    """The table of what was measured, and whether each target is met."""

    def __init__(self):
        self.rows = []

    def add(self, name, value, unit, target, least=False):
        shown = "not measured" if value is None else f"{value:,.0f}{unit}" if value >= 100 else f"{value:.1f}{unit}"
        met = value is not None and (value >= target if least else value <= target)
        self.rows.append((name, shown, f"{'>=' if least else '<='} {target:,}{unit}", met))

    def compare(self, name, ours, theirs):
        """A time beside that of what people do today: ours is to be shorter."""
        shown = f"{ours:.2f} s : {theirs:.2f} s"
        self.rows.append((name, f"{shown} = {ours / theirs:.2f}", "< 1", ours < theirs))

    def print(self):
        widths = [max(len(row[column]) for row in self.rows) for column in range(3)]
        for name, shown, target, met in self.rows:
            print(f"{name:{widths[0]}}  {shown:>{widths[1]}}  {target:>{widths[2]}}  {'met' if met else 'MISSED'}")

    @property
    def all_met(self):
        return all(row[3] for row in self.rows)
