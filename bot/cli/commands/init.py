"""`polyhedge init`: the first files of a new user, copied into the current folder."""

from pathlib import Path

import click

import bot
from bot.errors import ConfigError

_NEXT = """
Next, from this folder:
  polyhedge check      are all files right?
  polyhedge plan       what would be hedged, and why
  polyhedge run        hedge on the practice market: no network, no money
Then write your own holdings into config.yaml. In strategies/ is one file per event."""


@click.command("init")
def command() -> None:
    """Write config.yaml and example strategies into this folder."""
    examples = find_examples()
    here = Path()
    strategies = here / "strategies"
    has_own = any(strategies.glob("*.y*ml"))
    _copy(examples / "config.example.yaml", here / "config.yaml")
    for example in sorted((examples / "strategies").iterdir()):
        if has_own and example.suffix == ".yaml":
            continue  # an example beside the user's own files would be traded
        _copy(example, strategies / example.name)
    if has_own:
        click.echo("kept   strategies/*.yaml (there were some already; no example was added)")
    click.echo(_NEXT)


def find_examples() -> Path:
    """Return the folder that holds the examples: inside the package, else the repository."""
    package = Path(bot.__file__).parent
    packed = package / "examples"
    return packed if packed.is_dir() else package.parent


def _copy(source: Path, target: Path) -> None:
    """Write a file that is not there yet; one that is stays as it is."""
    if target.exists():
        click.echo(f"kept   {target} (it was here already)")
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:  # x: never over a file that appeared meanwhile
            file.write(source.read_bytes())
    except OSError as error:
        raise ConfigError(
            f"{target} cannot be written: {error.strerror}. Go to a folder of your own and run"
            " `polyhedge init` there."
        ) from None
    click.echo(f"wrote  {target}")
