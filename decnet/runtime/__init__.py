# SPDX-License-Identifier: MIT
"""What every service has in common: the worker, the runner, the talk with systemd."""
