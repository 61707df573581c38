"""Runs copr-cli again and again, each time in a process of its own, without loading it each time.

Reads one call per line, as JSON, and answers each with one line:

    {"words": ["get", "foo"], "place": "/home/of/alice", "input": ""}
    {"status": 0, "out": "Name: foo\n…", "err": ""}

The one thing that differs from a client that a person starts: nobody here waits half a minute between two looks at a build.
"""

import json
import os
import sys
import tempfile
import time
import traceback

import copr_cli.main

answers = os.fdopen(os.dup(1), "w")
real_sleep = time.sleep
time.sleep = lambda seconds: real_sleep(min(seconds, 0.1))


def status_of(call):
    """What Python's own exit would make of the end of the program."""
    try:
        copr_cli.main.main(call["words"])
        return 0
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1


def run(call):
    streams = [tempfile.TemporaryFile() for _ in range(3)]
    streams[0].write(call["input"].encode())
    streams[0].seek(0)
    child = os.fork()
    if child == 0:
        for number, stream in enumerate(streams):
            os.dup2(stream.fileno(), number)
        os.environ["HOME"] = call["place"]
        os.chdir(call["place"])
        sys.argv = ["copr-cli", *call["words"]]
        status = status_of(call)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    _, status = os.waitpid(child, 0)
    texts = []
    for stream in streams[1:]:
        stream.seek(0)
        texts.append(stream.read().decode())
    return {"status": os.waitstatus_to_exitcode(status), "out": texts[0], "err": texts[1]}


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), file=answers, flush=True)
