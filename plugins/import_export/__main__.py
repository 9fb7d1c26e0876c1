"""Runs the command line."""

import sys

from import_export.cli import main

sys.exit(main())
