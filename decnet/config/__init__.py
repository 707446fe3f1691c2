# SPDX-License-Identifier: MIT
"""The configuration: what may be set, and the only reader of files and of the environment."""
