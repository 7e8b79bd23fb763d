"""``python -m runner`` is ``caniload``."""

import sys

from runner.cli import main

sys.exit(main())
