# SPDX-License-Identifier: MIT
"""The test language: what the tests of several packages say to each other."""
