"""`python -m benchmarks.paraphrases`."""

import sys

from benchmarks.paraphrases.sentences import main

if __name__ == "__main__":
    sys.exit(main())
