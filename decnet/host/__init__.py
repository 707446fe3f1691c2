# SPDX-License-Identifier: MIT
"""The only callers of the world outside the process."""
