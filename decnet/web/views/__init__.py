# SPDX-License-Identifier: MIT
"""What each page shows and each form does."""
