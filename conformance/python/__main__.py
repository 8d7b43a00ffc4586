"""Runs every test of this folder: `python conformance/python`."""

import logging
import os
import sys
import unittest
from pathlib import Path

if __name__ == "__main__":
    # Activities that fail on purpose are no news.
    logging.disable(logging.WARNING)
    suite = unittest.defaultTestLoader.discover(str(Path(__file__).parent))
    passed = unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful()
    sys.stdout.flush()
    sys.stderr.flush()
    # The SDK's native threads may outlive the interpreter and abort it while it finalizes.
    os._exit(0 if passed else 1)
