"""A service of a swarm with three tasks, upgraded by the tool and by docker's own commands with their defaults."""
import json
import os
import subprocess
import threading
import time
import urllib.parse

from engine import *
from ground import *

NAME = "owui-bench"
# What stands before Open WebUI in its network. Where nothing else is in it, a node takes the network down with the last
# instance and sets it up anew for the first, which takes longer than the rest of a start.
PROXY = f"{NAME}-proxy"
BY_HAND = HERE / "by-hand-swarm"


class Service:
    """Three tasks of the source that take two seconds to start, and a database that knows them."""

    def __init__(self, folder, number):
        self.folder = folder / f"swarm{number}"
        self.folder.mkdir()
        self.database = f"bench_swarm{number}"
        # One of its own: the swarm forgets a network some time after it was removed.
        self.network = f"{NAME}-{number}"

    def __enter__(self):
        make_database(self.database, template="bench_source")
        make_database(f"{self.database}_witness")
        check([STAND_IN, "witness", self.witness, "init"])
        docker("network", "create", "--driver", "overlay", self.network)
        docker(
            "service", "create", "--quiet", "--name", PROXY, "--network", self.network, "--endpoint-mode", "dnsrr",
            "--no-resolve-image", "owui-stand-in-nginx:1")
        variables = {
            "DATABASE_URL": inside(self.url), "STAND_IN_WITNESS": inside(self.witness), "WEBUI_SECRET_KEY": "bench",
            "STAND_IN_SLOW_START": SLOW_START}
        docker(
            # The kernel may lack what the mesh of published ports wants; the rest is as it is where nobody says anything.
            "service", "create", "--quiet", "--name", NAME, "--replicas", str(REPLICAS), "--network", self.network,
            "--endpoint-mode", "dnsrr", "--no-resolve-image", "--health-interval", HEALTH_INTERVAL,
            *(word for name, value in variables.items() for word in ("--env", f"{name}={value}")),
            f"ghcr.io/open-webui/open-webui:v{SOURCE}")
        return self

    def __exit__(self, *_):
        subprocess.run(["docker", "service", "rm", NAME, PROXY], env=ENGINE, capture_output=True)
        deadline = time.monotonic() + 60
        while subprocess.run(["docker", "network", "rm", self.network], env=ENGINE, capture_output=True).returncode != 0:
            if time.monotonic() > deadline:
                fail("the service of a swarm does not go away")
            time.sleep(0.2)
        drop_database(self.database)
        drop_database(f"{self.database}_witness")

    url = property(lambda self: database(self.database))
    witness = property(lambda self: database(f"{self.database}_witness"))

    def expect_end(self):
        if psql(self.url, "SELECT version_num FROM alembic_version").strip() != HEAD:
            fail("the upgrade of a service did not end at the head")
        label = f"label=com.docker.swarm.service.name={NAME}"
        images = docker("ps", "--filter", label, "--format", "{{.Image}}").split()
        if images != [f"ghcr.io/open-webui/open-webui:v{TARGET}"] * REPLICAS:
            fail(f"the upgrade of a service ended with {images}")


def address(container):
    """Networks of the swarm have no way in from its machine, but this bridge has."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        there = json.loads(docker("network", "inspect", "--format", "{{json .Containers}}", "docker_gwbridge"))
        if container in there:
            return there[container]["IPv4Address"].split("/")[0]
    return None


class Tasks:
    """When the manager knew of each task's end and of its health, by the manager's own time stamps.

    The engine's events tell what a node saw. That a task has ended, or serves, is true in a swarm when the manager has
    it from the node, and nobody can act on it before; so its tasks are read, a hundred times a second.
    """

    def __init__(self):
        self.ended, self.running, self.over = {}, {}, threading.Event()
        self.thread = threading.Thread(target=self.read, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def read(self):
        engine = Socket()
        query = urllib.parse.quote(json.dumps({"service": [NAME]}))
        while not self.over.wait(0.01):
            for task in engine.get(f"/tasks?filters={query}"):
                image = task["Spec"]["ContainerSpec"]["Image"].rpartition(":")[2]
                moment = seconds(task["UpdatedAt"])
                if task["Status"]["State"] in ("complete", "shutdown", "failed") and task["ID"] not in self.ended:
                    self.ended[task["ID"]] = (image, moment)
                if task["Status"]["State"] == "running" and task["ID"] not in self.running:
                    self.running[task["ID"]] = (image, moment)


def reactions(watch, tasks):
    """From what the tool waits for to its next write of the service, by the engine's own times: from the end of the last of
    those that were too many to the write that stops the last one, and from the end of the one that migrated, when the others
    serve, to the write that gives updates back.

    Between the end of the last old one and the write of the image lies the backup, and before the last write a step that
    finds nothing left to replace; the engine tells of neither.
    """
    writes = [at for at, _ in watch.moments("update", type="service", name=NAME)]
    ends = sorted(at for image, at in tasks.ended.values() if image == f"v{SOURCE}")
    migrated = max(at for image, at in tasks.ended.values() if image == f"v{TARGET}")
    return [min(at for at in writes if at > moment) - moment for moment in (ends[REPLICAS - 2], migrated)]


def measure(folder, rows):
    prepare_source("nginx")
    joins = docker("info", "--format", "{{.Swarm.LocalNodeState}}").strip() == "inactive"
    if joins:
        docker("swarm", "init", "--advertise-addr", "127.0.0.1")
    measured = Measured("Swarm")
    for number in range(RUNS):
        for tool, words in TOOLS.items():
            with Service(folder, f"{number}tool{len(words)}") as service, \
                    Watch(f"com.docker.swarm.service.name={NAME}", address) as watch, Tasks() as tasks:
                command = [TOOL, "--to", f"v{TARGET}", "--yes", "--swarm", NAME, *words]
                state = {"XDG_STATE_HOME": str(service.folder)}
                start, end = measured.run(tool, command, watch, service.folder, state)
                service.expect_end()
                check([STAND_IN, "witness", service.witness, "check"])
                if SHOWS_GAPS and number == RUNS - 1:
                    watch.show(service.witness, start, end)
            if "stop-all" in words:
                continue
            surplus, migrated = reactions(watch, tasks)
            measured.reactions.append(surplus)
            print(f"  Swarm: {migrated * 1000:.0f} ms from the end of the task that migrated to the last write", flush=True)
        for script, words in SCRIPTS.items():
            with Service(folder, f"{number}hand{len(words)}") as service, \
                    Watch(f"com.docker.swarm.service.name={NAME}", address) as watch:
                image = f"ghcr.io/open-webui/open-webui:v{TARGET}"
                command = [BY_HAND, NAME, image, HEAD, service.url, *(service.folder / word for word in words)]
                measured.run(script, command, watch, service.folder)
                service.expect_end()
    if joins:
        docker("swarm", "leave", "--force")
    measured.add_to(rows)
