# make demo: set up everything, import the demo city, serve it.   make test: set up everything, run the tests.
# PORT=8000  VENV=.venv  PYTHON=python3  LOCATION_CLOUD_HOME=var  PIP_FLAGS="--no-index --find-links wheelhouse"

PORT ?= 8000
VENV ?= .venv
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PIP_FLAGS ?=
export LOCATION_CLOUD_HOME ?= var
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# The tests start hundreds of processes; each would read the sources anew.
unexport PYTHONDONTWRITEBYTECODE

PIP = $(VENV)/bin/python -m pip install --quiet $(PIP_FLAGS)
CLOUD = $(VENV)/bin/location-cloud
# A worker a processor, at most four: each holds its own worlds and servers.
PYTEST = $(VENV)/bin/pytest -n auto --maxprocesses 4 --dist worksteal
NEEDED_MB = 2500
PARTS = postgis chromium qgis mosquitto web-servers web-clients peers ogctests

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help check setup setup-test demo lint test bench-places parts test-parts test-all bench bench-routing bench-tiles bench-traffic bench-grids format clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ -/'

check:
	@[ -n "$(PYTHON)" ] || { echo "no Python 3.11 or newer found; install one (Debian: apt install python3 python3-venv)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "$(PYTHON) is not Python 3.11 or newer; name one: make setup PYTHON=python3.13"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "this Python has no venv; Debian: apt install python3-venv"; exit 1; }
	@free=$$(df -Pm . | awk 'NR==2 {print $$4}'); [ "$$free" -ge $(NEEDED_MB) ] || [ -e $(VENV)/.installed ] \
		|| { echo "only $$free MB free here, $(NEEDED_MB) MB needed; free some or move the folder"; exit 1; }

setup: check $(VENV)/.compiled  ## venv in .venv with the locked packages, engines compiled

setup-test: setup $(VENV)/.installed-test

$(VENV)/.installed: requirements.lock setup.cfg pyproject.toml
	@echo "setting up $(VENV) with $(PYTHON) (about a minute; again after Ctrl-C goes on where it stopped)"
	@$(VENV)/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) --require-hashes -r requirements.lock || { echo "packages could not be installed: is the package index reachable? then: make setup"; exit 1; }
	@$(PIP) --no-deps -e .
	@touch $@

# What did not change, and calls nothing that changed, comes from the caches (kernels/caching.py).
$(VENV)/.compiled: $(VENV)/.installed tools/compile_all.py $(wildcard kernels/*.py routing/*.py tiles/*.py $(addprefix location_cloud/,directions/*.py places/*.py searches/*.py simulator/*.py storage/*.py tracks/*.py traffic/*.py))
	@echo "compiling the engines (once, about three minutes)"
	@$(VENV)/bin/python tools/compile_all.py || { echo "the engines could not be compiled; then see: $(CLOUD) doctor"; exit 1; }
	@touch $@

$(VENV)/.installed-test: requirements-test.lock $(VENV)/.installed
	@echo "adding what the tests need"
	@$(PIP) --require-hashes -r requirements-test.lock || { echo "packages could not be installed: is the package index reachable? then: make test"; exit 1; }
	@touch $@

demo: setup  ## the demo city on a map in the browser
	@[ -e $(LOCATION_CLOUD_HOME)/current ] || $(CLOUD) import --demo
	@echo "the map:     http://127.0.0.1:$(PORT)/"
	@echo "a route:     curl 'http://127.0.0.1:$(PORT)/v1/route?from=24.9431,60.1663&to=24.9507,60.1740&profile=car'"
	@echo "an address:  curl 'http://127.0.0.1:$(PORT)/v1/geocode?q=Mannerheimintie%201'"
	@echo "Daqing:      curl 'http://127.0.0.1:$(PORT)/v1/areas?at=125.1031,46.5893'"
	@exec $(CLOUD) serve --port $(PORT)

lint: $(VENV)/.installed-test  ## format, lint and types
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy

# While the engines are compiled, which leaves a processor idle now and then, the sources are checked.
test: check  ## format, lint, types, then every test that needs no outside part
	@$(MAKE) --no-print-directory -j 2 setup lint
	@$(PYTEST)

bench-places: setup-test  ## places: simulated questions, hidden addresses, a million names, Nominatim beside us; FILES="city.osm.pbf"
	@$(VENV)/bin/python tests/parts/install.py postgis web-servers
	@$(VENV)/bin/python -m benchmarks.places $(FILES)

parts: check
	@$(PYTHON) tests/parts/install.py $(PARTS)

test-parts: setup-test parts  ## the tests with real parts: PostGIS, a browser, QGIS, an MQTT broker, web clients, routing peers (installed below .parts)
	@$(PYTEST) -m parts

test-all: test test-parts  ## everything

bench: setup  ## how long the spine takes; FILES="a.osm.pbf b.osm.pbf" for other cities than the demo
	@$(VENV)/bin/python benchmarks/spine.py $(FILES)

bench-tiles: setup-test  ## maps and imagery beside PostGIS, tippecanoe, nginx and others; FILES="city.osm.pbf"
	@$(VENV)/bin/python tests/parts/install.py postgis web-servers
	@$(VENV)/bin/python -m benchmarks.tiles $(FILES)

bench-routing: setup  ## routing beside OSRM, Valhalla and others (installed below .parts; needs a Python >= 3.12)
	@$(VENV)/bin/python -m benchmarks.routing $(FILES)

bench-traffic: setup  ## traffic: map matching beside OSRM and Meili, fixes taken in and killed, speeds and refresh; FILES=city.osm.pbf
	@$(VENV)/bin/python -m benchmarks.matching $(FILES)
	@$(VENV)/bin/python -m benchmarks.tracks
	@$(VENV)/bin/python -m benchmarks.traffic $(FILES)

bench-grids: setup-test  ## grids and cases: cells, designer, a million cases, indices, patrols, kill -9; FILES="city.osm.pbf"
	@$(VENV)/bin/python -m benchmarks.grids $(FILES)

format: setup-test  ## put the sources in order
	@$(VENV)/bin/ruff check --fix -q .
	@$(VENV)/bin/ruff format -q .

clean:  ## remove what was installed and built; the snapshots stay
	rm -rf $(VENV) .parts build *.egg-info .pytest_cache .mypy_cache .ruff_cache
