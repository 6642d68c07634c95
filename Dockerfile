# owui-upgrade with what it calls: docker's client with Compose, PostgreSQL's client programs, ssh. README says how it is run.
#
#   docker build --tag owui-upgrade .
#
# Where there is no registry, `make image` makes the same out of what is on the machine.
FROM swift:6.3-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends libcurl4-openssl-dev libpq-dev pkg-config
WORKDIR /source
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --static-swift-stdlib --product owui-upgrade \
    && install -m 755 .build/release/owui-upgrade /usr/local/bin/

# The Compose that writes a project's labels: let it be the one that you use.
FROM docker:28-cli AS docker

# Its pg_dump is 15, and has to be at least as new as your server: for a newer one add the packages of apt.postgresql.org.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libcurl4 libpq5 postgresql-client openssh-client \
    && rm -rf /var/lib/apt/lists/*
COPY --from=docker /usr/local/bin/docker /usr/local/bin/
COPY --from=docker /usr/local/libexec/docker/cli-plugins/docker-compose /usr/local/libexec/docker/cli-plugins/
COPY --from=build /usr/local/bin/owui-upgrade /usr/local/bin/
ENTRYPOINT ["owui-upgrade"]
