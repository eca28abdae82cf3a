"""The commands `sign2text publish`, `sign2text pull` and `sign2text export`."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from sign2text.commands.lineage import TARGET, add_target, read_project
from sign2text.ground.targets import workflow_path


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the commands to the parser of `sign2text`."""
    publish = commands.add_parser(
        "publish", help="put a file and all it was made from where others can pull it (DVC)"
    )
    add_target(publish)
    _add_remote(publish)
    publish.add_argument(
        "--with-pictures",
        action="store_true",
        help="frames and videos of published corpora too; mind their licences",
    )
    publish.add_argument(
        "--dry-run", action="store_true", help="check all and say what would be published"
    )
    publish.set_defaults(command=run_publish)

    pull = commands.add_parser("pull", help="bring a published file and all it was made from")
    pull.add_argument("target", type=workflow_path, metavar="TARGET", help=TARGET)
    _add_remote(pull)
    pull.add_argument(
        "--force", action="store_true", help="overwrite what was made here and is other than that"
    )
    pull.set_defaults(command=run_pull)

    export = commands.add_parser(
        "export", help="write a trained model into a folder that holds all of it, frozen parts too"
    )
    export.add_argument(
        "model",
        type=Path,
        metavar="MODEL",
        help="an experiment's results, such as results/avatar/fla_llm, or the folder of one of its "
        "stages with a trained model",
    )
    export.add_argument("folder", type=Path, metavar="FOLDER", help="a new or empty folder")
    export.set_defaults(command=run_export)


def _add_remote(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--remote", metavar="NAME", help="DVC's name of it (default: its default)")


def run_publish(options: argparse.Namespace) -> None:
    """Publish the target, and print the files and the git commands to run."""
    from tqdm import tqdm

    from sign2text.lineage.explain import bytes_text
    from sign2text.sharing.publish import publish

    parcels = publish(
        options.target,
        read_project(options.configfile),
        options.configfile,
        remote=options.remote,
        pictures=options.with_pictures,
        only_list=options.dry_run,
        watch=partial(tqdm, unit="file", leave=False, disable=None),
    )
    weights = [path for parcel in parcels for path in parcel.weights]
    outputs = [path for parcel in parcels for path in parcel.outputs] + weights
    withheld = [path for parcel in parcels for path in parcel.withheld]
    size = bytes_text(sum(Path(path).stat().st_size for path in outputs))
    if options.dry_run:
        print("\n".join(outputs))
    will = "would be" if options.dry_run else "are"
    print(
        f"{options.target}: {len(outputs)} files of {len(parcels)} jobs {will} published, {size}."
    )
    if weights:
        folders = sorted({Path(path).parent.as_posix() for path in weights})
        print(
            f"With published models, of which frozen parts are used: {', '.join(folders)}. Mind "
            "their licences."
        )
    if withheld:
        print(
            f"Left out, since they show pictures of a published corpus: {', '.join(withheld)}. "
            "With its licence's leave: --with-pictures"
        )
    if not options.dry_run:
        print("Nothing was committed. To let others find it:")
        add = f"git add artefacts {options.configfile}"
        print(f"  {add} && git commit -m 'Publish {options.target}' && git push")


def run_pull(options: argparse.Namespace) -> None:
    """Pull the target, and print the number and size of its files."""
    from tqdm import tqdm

    from sign2text.lineage.explain import bytes_text
    from sign2text.sharing.pull import pull

    files = pull(
        options.target,
        remote=options.remote,
        force=options.force,
        watch=partial(tqdm, unit="file", leave=False, disable=None),
    )
    outputs = [out for each in files for out in each.outputs]
    size = bytes_text(sum(out.bytes for out in outputs))
    print(f"{options.target}: {len(outputs)} files of {len(files)} jobs are here, {size}.")


def run_export(options: argparse.Namespace) -> None:
    """Write the whole model, and say how to use it."""
    from sign2text.commands.translate import find_model
    from sign2text.lineage.explain import bytes_text
    from sign2text.sharing.export import export_model

    folder = find_model(options.model)
    export_model(folder, options.folder)
    size = bytes_text(sum(path.stat().st_size for path in options.folder.iterdir()))
    print(f"{options.folder}: holds all of the model in {folder}, {size}.")
