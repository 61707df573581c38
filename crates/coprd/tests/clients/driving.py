"""What the drivers of python-copr share: parts that stand for themselves, comparisons, and the account of what was called.

Told as JSON on the command line: where the configurations of people are, and what was built before. Python 2.7 reads this too.
"""

from __future__ import print_function

import functools
import inspect
import json
import sys
import time
import traceback
import warnings

warnings.simplefilter("ignore")

GIVEN = json.loads(sys.argv[1])
OWN, WAITING = GIVEN["own"], GIVEN["waiting"]
FEDORA, FEDORA_32, EPEL = "fedora-42-x86_64", "fedora-42-i386", "epel-9-x86_64"

PYTHON_2 = sys.version_info[0] == 2

called = set()
parts = []
now = getattr(time, "monotonic", time.time)
pause = time.sleep

# For one build, in seconds.
PATIENCE = 150


def part(function):
    parts.append(function)
    return function


def rows(*names):
    """Which rows of a checklist a part tries."""

    def mark(function):
        function.rows = names
        return function

    return mark


def equal(one, other):
    assert one == other, "%r is not %r" % (one, other)


def until(what, wanted):
    start = now()
    while True:
        seen = what()
        if seen == wanted:
            return
        assert now() - start < PATIENCE, "still %r instead of %r" % (seen, wanted)
        pause(0.05)


def fails(kind, method, *args, **kwargs):
    """The call fails with exactly this class; gives the error."""
    try:
        answer = method(*args, **kwargs)
    except Exception as error:
        if type(error) is kind:
            return error
        raise
    raise AssertionError("not refused with %s but answered with %r" % (kind.__name__, answer))


def refused(kind, text, method, *args, **kwargs):
    """The call fails with exactly this class, and says this."""
    error = fails(kind, method, *args, **kwargs)
    assert text in str(error), "%r is not in: %s" % (text, error)


class Watch(object):
    """Remembers which public methods of some classes were called from outside, and returned."""

    def __init__(self):
        self.depth = 0
        self.every = set()

    def over(self, *classes):
        for each in classes:
            for name, member in list(vars(each).items()):
                if not name.startswith("_") and not getattr(member, "__isabstractmethod__", False):
                    self.member(each, name, member)

    def member(self, owner, name, member):
        key = (owner.__name__, name)
        if isinstance(member, (staticmethod, classmethod)):
            kind, new = type(member), type(member)(self.remembering(key, member.__func__))
        elif isinstance(member, property):
            new = property(self.remembering(key, member.fget))
        elif inspect.isfunction(member):
            new = self.remembering(key, member)
        else:
            return
        self.every.add(key)
        setattr(owner, name, new)

    def remembering(self, key, function):
        @functools.wraps(function)
        def call(*args, **kwargs):
            self.depth += 1
            try:
                result = function(*args, **kwargs)
            finally:
                self.depth -= 1
            if self.depth == 0:
                called.add(key)
            return result

        return call


def tell(every, impossible=(), checklist=()):
    """Runs the parts. Prints one line of JSON for each, and one with what nobody called with success and which rows nobody tried."""
    tried = set()
    for function in parts:
        start = now()
        try:
            function()
            error = None
        except BaseException:
            error = traceback.format_exc()
        tried.update(getattr(function, "rows", ()))
        print(json.dumps({"part": function.__name__, "error": error, "seconds": round(now() - start, 2)}))
    impossible = set(impossible)
    print(json.dumps({
        "python": sys.version.split()[0],
        "methods": len(every),
        "not called": sorted("%s.%s" % pair for pair in every - called - impossible),
        "possible after all": sorted("%s.%s" % pair for pair in impossible & called),
        "rows not tried": sorted(set(checklist) - tried),
        "no such rows": sorted(tried - set(checklist)),
    }))
