"""The public pages that links in mail lead to, the editors', and a viewer of caught mail."""
