"""The facts of the sample organisation. All figures are made up; people are named by their role.

Quarters are counted from the oldest of eight closed ones (0) to the newest (7); 8 is the open quarter.
Anchors are what a metric amounts to in each quarter, so that every verdict in the sample is chosen, not lucky.
"""

from __future__ import annotations

CLOSED = 8
SEED = 20
PRODUCT_NAME = "Fieldnote (sample)"
PRODUCT_TEXT = "Sample data: a fictional product that helps trade businesses plan jobs and get paid."
