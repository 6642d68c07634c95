PREFIX ?= /usr/local
RUNS ?= 100000
BACKEND ?= local
DEMO_local = scripts/with-postgres scripts/demo
DEMO_compose = scripts/with-engine scripts/with-postgres scripts/demo-compose
DEMO_swarm = scripts/with-engine scripts/with-postgres scripts/demo-swarm
SWIFT_RELEASE = swift build -c release --static-swift-stdlib --scratch-path .build-release --product

IMAGE ?= owui-upgrade:latest

.PHONY: demo test test-all lint bench simulate release install image prepare clean

## Three instances of 0.6.43 become three of 0.12.4 over a real PostgreSQL, under the eyes of a witness: processes of this
## machine, or with BACKEND=compose or BACKEND=swarm containers of a Docker Engine that is started for it (by root).
demo: prepare
	swift build --product owui-upgrade
	swift build --product open-webui-stand-in
	$(DEMO_$(BACKEND))

## Every test, against a PostgreSQL and a Docker Engine that are started for it. As root, or with an engine that runs in
## OWUI_TEST_ENGINE.
test: prepare
	swift build --build-tests
	scripts/test

## The same, with every kill that the matrix knows.
test-all: prepare
	swift build --build-tests
	OWUI_TEST_ALL=1 scripts/test

lint:
	swift format lint --strict --recursive Sources Tests Package.swift
	scripts/add-release --check
	scripts/add-release --self-test

## The numbers of README, beside a PostgreSQL and a Docker Engine that are started for it.
bench: prepare release
	$(SWIFT_RELEASE) open-webui-stand-in
	scripts/with-engine scripts/with-postgres scripts/bench

## Simulated runs of the real rules, RUNS of them, each with trouble of its own.
simulate: release
	.build-release/release/owui-upgrade rehearse --runs $(RUNS)

release: prepare
	$(SWIFT_RELEASE) owui-upgrade

install: release
	install -D -m 755 .build-release/release/owui-upgrade $(DESTDIR)$(PREFIX)/bin/owui-upgrade

## A container image of the program and of what it calls, on the engine of DOCKER_HOST.
image: release
	scripts/tool-image $(IMAGE)

prepare:
	@scripts/prepare

clean:
	rm -rf .build .build-release demo
