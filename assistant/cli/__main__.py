"""`python -m assistant.cli` does what `oyez` does."""

import sys

from assistant.cli.commands import main

sys.exit(main())
