"""Prints what the command line of copr-cli takes, as JSON: its sub-commands with their arguments.

Nothing of copr-cli is changed: it builds its parser itself, which is caught on its way to the first look at the words.
"""

import argparse
import json

import copr_cli.main


class Caught(Exception):
    pass


def caught(parser, *_, **__):
    raise Caught(parser)


def argument(action):
    default = action.default
    if default is argparse.SUPPRESS or default is None or default is False:
        default = None
    return {
        "names": action.option_strings or [action.metavar or action.dest],
        "positional": not action.option_strings,
        "takes_value": action.nargs != 0,
        "count": action.nargs,
        "choices": list(action.choices) if action.choices else [],
        "default": default,
        "required": action.required,
        "repeatable": type(action).__name__ == "_AppendAction",
    }


def arguments(parser):
    kinds = (argparse._SubParsersAction, argparse._HelpAction)
    return [argument(action) for action in parser._actions if not isinstance(action, kinds)]


argparse.ArgumentParser.parse_args = caught
argparse.ArgumentParser.parse_known_args = caught
try:
    copr_cli.main.main(["list"])
except Caught as it:
    parser = it.args[0]
subparsers = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
commands = {"": arguments(parser)}
commands.update({name: arguments(sub) for name, sub in subparsers.choices.items()})
print(json.dumps(commands))
