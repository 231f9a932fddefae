"""Pages of people, products and teams, by noun."""
