# SPDX-License-Identifier: MIT
"""The believable Linux machine behind an accepted login: file system, shell language, commands."""
