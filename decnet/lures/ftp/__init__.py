# SPDX-License-Identifier: MIT
"""The ftp lure: a file server that lets people in, lists, gives and takes files."""
