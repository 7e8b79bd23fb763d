"""``python -m caniload`` is ``caniload``."""

import sys

from caniload.runner.commands.cli import main

sys.exit(main())
