"""Looking at containers during a run: the engine's events by its own clock, and who of them serves at each moment."""
import calendar
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import threading
import time

from ground import (
    ROOT, SHOWS_GAPS, SOURCE, STAND_IN, TARGET, check, database, drop_database, fail, make_database, psql, say)
from witness import intervals, show_gaps, union

ENGINE = {
    **os.environ, "DOCKER_HOST": os.environ.get("OWUI_TEST_ENGINE", ""),
    # Debian's own programs of these names first look for the newest version.
    "PATH": f"{os.environ.get('OWUI_TEST_POSTGRES_BIN', '')}:{os.environ['PATH']}"}
RUNS = int(os.environ.get("BENCH_ENGINE_RUNS", "2"))
# The images' own 30 s would have the scripts wait that long for every start.
HEALTH_INTERVAL = "1s"
# The ways of the scripts: as it was long documented, and with the backup at zero instances that the tool makes as well.
SCRIPTS = {"the script": [], "the script with a backup": ["backup"]}
# And the tool's: as it is where nobody says anything, and in the same steps as each of the scripts.
TOOLS = {
    "the tool": [], "the tool without a backup": ["--backup", "none", "--acknowledge-no-backup"],
    "the tool, all at once": ["--strategy", "stop-all"]}
# Who is held against whom: the tool's own way against the script's, and each against what does the same.
PAIRS = [
    ("the tool", "the script"), ("the tool without a backup", "the script"),
    ("the tool, all at once", "the script with a backup")]
# What Open WebUI does before it opens its port; upgrades by hand were measured with this elsewhere.
SLOW_START = 2


def docker(*words):
    return check(["docker", *words], env=ENGINE)


def gateway():
    """The address of this machine that containers of every network reach: the first one of the engine's own bridge."""
    found = docker("network", "inspect", "bridge", "--format", "{{with index .IPAM.Config 0}}{{.Gateway}} {{.Subnet}}{{end}}")
    words = found.split()
    return words[0] if len(words) == 2 else words[0].rsplit(".", 1)[0] + ".1"


def inside(url):
    """An address of this machine's server as containers know it."""
    return url.replace("@127.0.0.1:", f"@{gateway()}:")


def prepare_source(*others):
    """Makes the images, others among them, and the database bench_source as the source leaves it, once."""
    environment = {**ENGINE, "OWUI_STAND_IN": str(STAND_IN)}
    check([ROOT / "scripts" / "stand-in-image", SOURCE, TARGET, *others], env=environment)
    drop_database("bench_source")
    make_database("bench_source")
    variables = {"DATABASE_URL": inside(database("bench_source")), "WEBUI_SECRET_KEY": "bench"}
    words = [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
    container = docker("run", "--detach", "--rm", *words, f"ghcr.io/open-webui/open-webui:v{SOURCE}").strip()
    deadline = time.monotonic() + 60
    while "200" not in docker_answer(container):
        if time.monotonic() > deadline:
            fail("an instance of the source does not start")
        time.sleep(0.2)
    docker("stop", container)


def docker_answer(container):
    words = ["docker", "exec", container, "curl", "-so", "/dev/null", "-w", "%{http_code}", "http://localhost:8080/health"]
    return subprocess.run(words, env=ENGINE, capture_output=True, text=True).stdout


class Socket:
    """The engine's API, for what is asked too often for a program of its own each time."""

    def __init__(self):
        place = ENGINE["DOCKER_HOST"].removeprefix("unix://")
        self.connection = http.client.HTTPConnection("engine")
        self.connection.sock = socket.socket(socket.AF_UNIX)
        self.connection.sock.connect(place)

    def get(self, path):
        self.connection.request("GET", path)
        return json.loads(self.connection.getresponse().read())


def seconds(stamp):
    """A time stamp of the engine, such as 2026-11-22T22:35:39.914330333Z, in seconds since 1970."""
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float(f"0.{fraction or 0}")


class Watch:
    """Follows the engine's events, and asks every container that bears a label for /health, a hundred times a second.

    Whoever upgrades is watched by the same eyes: containers are asked at their own addresses, and one instance that
    answers 200 is an instance that serves.
    """

    def __init__(self, label, address):
        """`address` gives the address at which this machine reaches a container."""
        self.label, self.address = label, address
        self.events, self.served, self.probes = [], [], {}
        self.lock = threading.Lock()

    def __enter__(self):
        since = f"{time.time() - 0.001:.9f}"
        for container in docker("ps", "--quiet", "--no-trunc", "--filter", f"label={self.label}").split():
            self.probe(container)
        self.stream = subprocess.Popen(
            ["docker", "events", "--since", since, "--format", "{{json .}}"], env=ENGINE, stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.await_service()
        return self

    def __exit__(self, *_):
        # The last events are on their way.
        time.sleep(0.3)
        self.stream.send_signal(signal.SIGTERM)
        self.stream.wait()
        for ended in self.probes.values():
            ended.set()

    def await_service(self):
        deadline = time.monotonic() + 30
        while not self.served:
            if time.monotonic() > deadline:
                fail("no instance answers before the upgrade")
            time.sleep(0.01)

    def read(self):
        for line in self.stream.stdout:
            event = json.loads(line)
            self.events.append(event)
            labels = event["Actor"]["Attributes"]
            name, _, value = self.label.partition("=")
            if event["Type"] != "container" or labels.get(name) != value:
                continue
            if event["Action"] == "start":
                self.probe(event["Actor"]["ID"])
            elif event["Action"] == "die" and event["Actor"]["ID"] in self.probes:
                self.probes[event["Actor"]["ID"]].set()

    def probe(self, container):
        ended = self.probes[container] = threading.Event()
        threading.Thread(target=self.ask, args=(self.address(container), ended), daemon=True).start()

    def ask(self, address, ended):
        while address and not ended.wait(0.01):
            connection = http.client.HTTPConnection(address, 8080, timeout=0.5)
            try:
                connection.request("GET", "/health")
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    with self.lock:
                        self.served.append(time.time())
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()

    def outage(self, start, end):
        """For how long nobody served, in seconds: stretches without an answer, of more than a few missed ones."""
        with self.lock:
            moments = [start] + sorted(at for at in self.served if start < at < end) + [end]
        return sum(after - before for before, after in zip(moments, moments[1:]) if after - before > 0.1)

    def moments(self, action, type="container", **attributes):
        """When something happened, in seconds by the engine's clock, with what it happened to."""
        return [
            (event["timeNano"] / 1e9, event["Actor"]["ID"])
            for event in self.events
            if event["Type"] == type and event["Action"] == action
            and all(event["Actor"]["Attributes"].get(name) == value for name, value in attributes.items())]

    def show(self, witness, start, end):
        """What --gaps asks for: who was at work when, and what the engine did."""
        show_gaps(union(intervals(witness), start, end), start, end)
        for event in self.events:
            if not event["Action"].startswith("exec_") and event["Type"] != "network":
                name = event["Actor"]["Attributes"].get("name", event["Actor"]["ID"][:12])
                say(f"{event['timeNano'] / 1e9 - start:8.3f} s  {event['Type']} {event['Action']} {name}")


class Measured:
    """What was measured of the upgrades of a platform, by the tool and by hand."""

    def __init__(self, name):
        self.name = name
        self.walls, self.outages, self.reactions = {}, {}, []

    def run(self, who, command, watch, folder, environment=None):
        """One upgrade, under the watch's eyes; returns when it began and ended."""
        with open(folder / "output", "w") as output:
            start = time.time()
            code = subprocess.run(
                [str(word) for word in command], env={**ENGINE, **(environment or {})}, stdout=output, stderr=output).returncode
            end = time.time()
        if code != 0:
            fail(f"the upgrade on {self.name} ({who}) ended with {code}:\n{(folder / 'output').read_text()}")
        outage = watch.outage(start, end)
        self.walls.setdefault(who, []).append(end - start)
        self.outages.setdefault(who, []).append(outage)
        say(f"{self.name}, {who}: {end - start:.2f} s, {outage:.2f} s without a serving instance")
        return start, end

    def add_to(self, rows):
        for name, times in (("an upgrade", self.walls), ("nobody serves", self.outages)):
            median = {who: statistics.median(values) for who, values in times.items()}
            for ours, theirs in PAIRS:
                rows.compare(f"{self.name}: {name}, {ours} beside {theirs}", median[ours], median[theirs])
        value = statistics.median(self.reactions) * 1000 if self.reactions else None
        rows.add(f"{self.name}: from an event of the engine to the next action", value, " ms", 100)
