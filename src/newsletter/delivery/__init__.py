"""From rows to a relay: what goes out, over which connections, and how each delivery ends.

`sender`, and what it works with from `course` to `committer`, knows neither tables nor issues:
`engine` binds it to the rows of an issue, `outbox` to mails of their own. `messages` makes the
bytes of a delivery, for sending as for showing.
"""
