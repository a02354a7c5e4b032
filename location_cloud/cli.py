"""The command line: core verbs and each capability's own, imported only when used, so that --help stays quick."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from typing import Any

import click

from location_cloud import __version__
from location_cloud.capabilities import CAPABILITIES
from location_cloud.capability import Command
from location_cloud.errors import BadInput, CloudError

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

CORE = (
    Command(
        "import",
        "Build a snapshot from OpenStreetMap files, the demo city or a place name.",
        "location_cloud.importing:import_",
    ),
    Command(
        "serve",
        "Answer HTTP: web workers and the background process together.",
        "location_cloud.serving:serve",
    ),
    Command("work", "Run the background process alone (serve starts one itself).", "location_cloud.work:work"),
    Command("doctor", "Say what is wrong and the command that mends it.", "location_cloud.doctor:doctor"),
    Command("snapshots", "List the snapshots, or go back to an earlier one.", "location_cloud.snapshots:snapshots"),
    Command("config", "Show every setting and where its value comes from.", "location_cloud.config:config"),
)


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one only when it runs."""

    def __init__(self, commands: tuple[Command, ...], **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]  # click's own options, passed through
        self._lazy = {command.name: command for command in commands}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, in menu order."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's click command, imported now; None if there is no such verb."""
        command = self._lazy.get(cmd_name)
        if command is None:
            return None
        module, attribute = command.target.split(":")
        found: click.Command = getattr(importlib.import_module(module), attribute)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs for --help, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(command.name, command.help) for command in self._lazy.values()])


class LazyDesk:
    """What commands work at (`capability.Desk`); the web stack is imported only by those that need it."""

    def settings(self) -> Any:
        """The settings from file and environment."""
        return importlib.import_module("location_cloud.settings").load_settings()[0]

    def store(self) -> AbstractContextManager[Any]:
        """The live store with every table up to date, closed at the end of the block."""
        return closing(importlib.import_module("location_cloud.app").open_store(self.settings()))

    @contextmanager
    def world(self) -> Iterator[Any]:
        """The current snapshot and the live store as a request sees them."""
        app = importlib.import_module("location_cloud.app")
        settings = self.settings()
        with closing(app.open_store(settings)) as live:
            worlds = app.Worlds(
                app.Snapshots(settings.home),
                live,
                open_overlay=partial(app.open_overlays, CAPABILITIES, settings),
                tile_sources=app.all_tile_sources(CAPABILITIES),
            )
            with closing(worlds):
                yield worlds.current()

    def progress(self) -> AbstractContextManager[Any]:
        """Where a long command says how far it is."""
        shown: AbstractContextManager[Any] = importlib.import_module("location_cloud.importing").shown_progress()
        return shown

    def boundary(self, text: str) -> Any:
        """The area that a user names, as `import --clip` takes it."""
        return importlib.import_module("location_cloud.importing").read_clip(text)


def all_commands() -> tuple[Command, ...]:
    """Every verb: the core's and each capability's."""
    return (*CORE, *(command for capability in CAPABILITIES for command in capability.commands))


def run(arguments: list[str]) -> int:
    """Runs one command line and gives its exit status."""
    group = LazyGroup(
        all_commands(),
        name="location-cloud",
        help="A self-hosted location cloud for a city: maps, routes, places and areas on one spatial core.",
        params=[
            click.Option(
                ["--version"],
                is_flag=True,
                expose_value=False,
                is_eager=True,
                callback=_show_version,
                help="Show the version.",
            )
        ],
    )
    try:
        return int(group.main(arguments, prog_name="location-cloud", standalone_mode=False, obj=LazyDesk()) or DONE)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; what was served before is still served", err=True)
        return INTERRUPTED
    except BadInput as error:
        click.echo(f"location-cloud: {error}", err=True)
        return BAD_INPUT
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return BAD_INPUT
    except click.ClickException as error:
        click.echo(f"location-cloud: {error.format_message()}", err=True)
        return BAD_INPUT
    except CloudError as error:
        click.echo(f"location-cloud: {error.detail}" + (f"; {error.hint}" if error.hint else ""), err=True)
        return FAILED
    except OSError as error:
        click.echo(f"location-cloud: {error}; location-cloud doctor says what mends it", err=True)
        return FAILED


def _show_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        click.echo(f"location-cloud {__version__}")
        ctx.exit()
