"""The editors' page: the next issue as its readers will have it, while it is being made.

`bench` puts the issue together as it stands, `asking` says as whom, `made` makes the very message
that `newsletter render` gives, `clients` shows its HTML as others than a browser would; `watching`
tells the page when to look again. `gate` decides who may.
"""
