"""The public pages that links in mail lead to, and a viewer of caught mail for the demo."""
