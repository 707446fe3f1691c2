# SPDX-License-Identifier: MIT
"""What makes decoys exist."""
