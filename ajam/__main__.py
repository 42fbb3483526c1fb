"""`python3 -m ajam`: see ajam/cli.py."""

import sys

from ajam.cli import main

sys.exit(main())
