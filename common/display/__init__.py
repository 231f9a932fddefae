"""How facts are shown: words of each status, figures, and small charts as SVG. Knows no model and no clock."""
