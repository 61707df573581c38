"""Gives `collections` back the names that it lost in Python 3.10, for the oldest clients.

Python imports this when it starts and finds it in PYTHONPATH.
"""

import collections
import collections.abc

for name in collections.abc.__all__:
    if not hasattr(collections, name):
        setattr(collections, name, getattr(collections.abc, name))
