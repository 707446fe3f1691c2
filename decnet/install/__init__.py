# SPDX-License-Identifier: MIT
"""
The configurator: renders what depends on this host's identity, and takes it away again.

Needs the standard library and jinja2 only, so that it runs even where a compiled dependency is broken.
"""
