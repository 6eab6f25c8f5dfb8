"""`python -m app` is the same as `visavis`."""

from app.cli import main

raise SystemExit(main())
