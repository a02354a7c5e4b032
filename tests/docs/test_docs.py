from __future__ import annotations

import configparser
import json
import re
from pathlib import Path

import pytest

from location_cloud.app import all_operations, all_sections
from location_cloud.capabilities import CAPABILITIES
from location_cloud.cli import all_commands
from location_cloud.errors import all_errors
from location_cloud.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
OPERATIONS = all_operations(CAPABILITIES)
PAGES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "DECISIONS.md", "CHANGELOG.md"]


@pytest.mark.parametrize("path", sorted({operation.path for operation in OPERATIONS}))
def test_every_route_is_in_the_readme(path):
    assert f"`{path}`" in README, f"README.md does not name {path}"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_readme_with_its_default(name):
    row = next(
        (line for line in README.splitlines() if line.startswith("| `") and f"`{name}`" in line.split("|")[1]), None
    )
    assert row, f"README.md has no row for {name}"
    default = Settings.model_fields[name].default
    shown = {"": "empty", (): "none", Path("var"): "var"}.get(
        default, f"{default:g}" if isinstance(default, float) else default
    )
    assert str(shown) in row.split("|")[2]


def test_no_setting_is_in_the_readme_that_does_not_exist():
    rows = [line.split("|")[1] for line in README.split("| setting |")[1].split("\n\n")[0].splitlines()[2:]]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == set(Settings.model_fields)


@pytest.mark.parametrize("command", [command.name for command in all_commands()])
def test_every_command_is_in_the_readme(command):
    assert re.search(rf"^location-cloud {command}\b", README, re.MULTILINE)


@pytest.mark.parametrize("name", [capability.name for capability in CAPABILITIES])
def test_every_capability_is_in_the_readme(name):
    words = {"layers": "own layers", "catalog": "catalogue", "access": "API keys"}
    assert words.get(name, name) in README


@pytest.mark.parametrize("name", [section.name for section in all_sections(CAPABILITIES)])
def test_every_section_of_the_snapshot_is_in_the_readme(name):
    assert re.search(rf"^\| {name} \|", README, re.MULTILINE)


def test_every_parameter_says_what_it_is(client):
    page = client.get("/docs").get_data(as_text=True)
    for operation in OPERATIONS:
        for name, field in operation.In.model_fields.items():
            assert field.description, f"{operation.name}: {name} has no description"
            assert f"<code>{field.alias or name}</code>" in page


def test_every_error_an_operation_can_answer_is_described(client):
    page = client.get("/docs").get_data(as_text=True)
    for error in all_errors():
        assert f'id="error-{error.code}"' in page
        assert error.__doc__
    known = {error.status for error in all_errors()}
    assert {status for operation in OPERATIONS for status in operation.errors if status >= 400} <= known


def test_exit_statuses_are_in_the_readme():
    assert "Exit status: 0 done, 1 failed, 2 bad input, 130 interrupted" in README


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_leads_somewhere(page):
    text = (ROOT / page).read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (ROOT / target).exists(), f"{page} leads to {target}"


FILE = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|toml|cfg|lock|md|csv|ipynb))`")

NAMES_OF_MANY = {"api.py", "schema.py", "service.py", "store.py", "dataset.py", "layers.py", "jobs.py", "commands.py"}
MADE_BY_USERS = {"location-cloud.toml"}


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_named_exists(page):
    tracked = {path.name for path in ROOT.rglob("*.py") if ".venv" not in path.parts}
    for name in FILE.findall((ROOT / page).read_text("utf-8")):
        if name in NAMES_OF_MANY | MADE_BY_USERS or name in tracked:
            continue
        places = (ROOT, ROOT / "location_cloud", ROOT / "tests")
        assert any((place / name).exists() for place in places), f"{page} names {name}"


def test_the_map_of_folders_names_what_is_there():
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    for folder in [*(ROOT / "location_cloud").glob("*/__init__.py"), ROOT / "routing/x", ROOT / "tiles/x"]:
        assert f"{folder.parent.name}/" in text
    for file in (ROOT / "location_cloud").glob("*.py"):
        if file.name not in ("__init__.py", "extract.py"):
            assert file.name in text, f"ARCHITECTURE.md does not name {file.name}"


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"(?:^|`|: )make ([a-z-]+)", (ROOT / page).read_text("utf-8"), re.MULTILINE))
        assert named <= targets, f"{page}: {named - targets}"


def test_commands_in_the_docs_exist():
    known = {command.name for command in all_commands()}
    for page in PAGES:
        named = re.findall(r"location-cloud (?!\.)([a-z]+)\b", (ROOT / page).read_text("utf-8"))
        assert set(named) <= known, page


def test_variables_in_the_docs_are_settings():
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {PREFIX + "CONFIG"}
    for page in PAGES:
        assert set(re.findall(PREFIX + r"[A-Z_]+[A-Z]", (ROOT / page).read_text("utf-8"))) <= known, page


@pytest.mark.parametrize("url", re.findall(r"curl '(http[^']+)'", README + (ROOT / "Makefile").read_text("utf-8")))
def test_every_shown_question_has_an_answer(url, client):
    answer = client.get(url.replace("$(PORT)", "8000").partition(":8000")[2])
    assert answer.status_code == 200, answer.get_data(as_text=True)


def test_shown_python_runs_against_the_served_product(served):
    shown = README.split("```python\n")[1].split("```")[0]
    program = shown.replace("connect()", f"connect({served!r})").replace(".plot()", "")
    found = {}
    exec(compile(program + "\nanswer = cloud.areas(parent='2306')", "README.md", "exec"), found)
    assert len(found["answer"]) == 10


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_its_outputs(path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def shipped_files():
    ignored = {
        ".venv",
        ".git",
        ".parts",
        "var",
        "__pycache__",
        ".hypothesis",
        ".pytest_cache",
        ".mypy_cache",
        ".ruff_cache",
    }
    for path in ROOT.rglob("*"):
        if (
            path.is_file()
            and not ignored & set(path.parts)
            and not any(part.endswith(".egg-info") for part in path.parts)
        ):
            yield path


TEXT = {".py", ".md", ".cfg", ".toml", ".ipynb", ".js", ".css", ".html", ".json", ".csv", ""}


def test_no_file_names_a_workplace():
    roots = [b"/" + word for word in (b"work/", b"home/", b"Users/", b"root/")]
    for path in shipped_files():
        if path.suffix in TEXT and "vendor" not in path.parts:
            content = path.read_bytes()
            found = [root for root in roots if re.search(rb"(?<![\w.:/{}-])" + re.escape(root), content)]
            assert not found, f"{path.relative_to(ROOT)} names {found}"


def test_every_shipped_data_file_has_its_source_and_licence():
    sources = configparser.ConfigParser()
    sources.read(ROOT / "data/sources.cfg", "utf-8")
    text = (ROOT / "data/sources.cfg").read_text("utf-8")
    shipped = [path for path in (ROOT / "data").glob("*/*") if path.suffix not in (".py", ".pyc")]
    assert shipped
    for path in shipped:
        assert path.name in text, f"data/sources.cfg does not name {path.name}"
    assert all("licence" in sources[section] for section in sources.sections())
