"""``python -m runner`` is ``caniload``."""

import sys

from runner.commands.cli import main

sys.exit(main())
