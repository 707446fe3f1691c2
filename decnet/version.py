# SPDX-License-Identifier: MIT
"""The version of decnet; the build reads it from here."""

VERSION = "0.1.0"
