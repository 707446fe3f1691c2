# SPDX-License-Identifier: MIT
"""The https lure: the web server of http, behind TLS."""
