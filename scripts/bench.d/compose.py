"""A Compose project of three instances, upgraded by the tool and by the documented procedure as a shell script."""
import json
import os
import subprocess
import time

from engine import *
from ground import *

NAME = "owui-bench"
BY_HAND = HERE / "by-hand-compose"


class Project:
    """Three instances of the source that take two seconds to start, and a database that knows them."""

    def __init__(self, folder, number):
        self.folder = folder / f"compose{number}"
        self.folder.mkdir()
        self.database = f"bench_compose{number}"

    def __enter__(self):
        make_database(self.database, template="bench_source")
        make_database(f"{self.database}_witness")
        check([STAND_IN, "witness", self.witness, "init"])
        (self.folder / ".env").write_text(f"OWUI_TAG=v{SOURCE}\n")
        with open(os.open(self.folder / "instance.env", os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(
                f"DATABASE_URL={inside(self.url)}\nSTAND_IN_WITNESS={inside(self.witness)}\nWEBUI_SECRET_KEY=bench\n"
                f"STAND_IN_SLOW_START={SLOW_START}\n")
        (self.folder / "compose.yaml").write_text(
            f"name: {NAME}\n"
            "services:\n"
            "  open-webui:\n"
            "    image: ghcr.io/open-webui/open-webui:${OWUI_TAG}\n"
            "    env_file: instance.env\n"
            "    restart: unless-stopped\n"
            f"    healthcheck: {{interval: {HEALTH_INTERVAL}}}\n"
            f"    deploy: {{replicas: {REPLICAS}}}\n"
            "    volumes: [\"data:/app/backend/data\"]\n"
            "volumes:\n"
            "  data:\n")
        self.compose("up", "--detach", "--wait")
        return self

    def __exit__(self, *_):
        subprocess.run(
            ["docker", "compose", "--project-directory", self.folder, "down", "--volumes", "--timeout", "5"],
            env=ENGINE, capture_output=True)
        drop_database(self.database)
        drop_database(f"{self.database}_witness")

    url = property(lambda self: database(self.database))
    witness = property(lambda self: database(f"{self.database}_witness"))

    def compose(self, *words):
        return docker("compose", "--project-directory", str(self.folder), *words)

    def expect_end(self):
        if psql(self.url, "SELECT version_num FROM alembic_version").strip() != HEAD:
            fail("the upgrade of a Compose project did not end at the head")
        images = docker("ps", "--filter", f"label=com.docker.compose.project={NAME}", "--format", "{{.Image}}").split()
        if images != [f"ghcr.io/open-webui/open-webui:v{TARGET}"] * REPLICAS:
            fail(f"the upgrade of a Compose project ended with {images}")


def address(container):
    return docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", container).split()[0]


def reactions(watch):
    """From the event by which the engine says that a container has ended that the tool told to, to its removal.

    That is what the tool waits for by the engine's events, and what it does next to the same container. The event is
    `stop`: at `die` the engine still takes mounts and networks away, and lets nobody look at the container meanwhile. The
    removal counts when the engine has done it. Other waits are for the database or an open port, of which it tells nothing.
    """
    removed = {container: at for at, container in watch.moments("destroy")}
    for at, container in watch.moments("stop", image=f"ghcr.io/open-webui/open-webui:v{SOURCE}"):
        yield removed[container] - at


def measure(folder, rows):
    prepare_source()
    measured = Measured("Compose")
    for number in range(RUNS):
        for tool, words in TOOLS.items():
            with Project(folder, f"{number}tool{len(words)}") as project, \
                    Watch(f"com.docker.compose.project={NAME}", address) as watch:
                command = [TOOL, "--to", f"v{TARGET}", "--yes", "--compose", project.folder, *words]
                start, end = measured.run(tool, command, watch, project.folder)
                project.expect_end()
                check([STAND_IN, "witness", project.witness, "check"])
                if SHOWS_GAPS and number == RUNS - 1:
                    watch.show(project.witness, start, end)
            measured.reactions += reactions(watch)
        for script, words in SCRIPTS.items():
            with Project(folder, f"{number}hand{len(words)}") as project, \
                    Watch(f"com.docker.compose.project={NAME}", address) as watch:
                command = [BY_HAND, project.folder, f"v{TARGET}", HEAD, project.url, *words]
                measured.run(script, command, watch, project.folder)
                project.expect_end()
    measured.add_to(rows)
