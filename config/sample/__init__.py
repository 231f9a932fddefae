"""A believable, plainly fictional organisation to look at: built by the app's own services, removed by one click."""
