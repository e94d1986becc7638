"""From rows to a relay: connections, pipelining, the group commit, and a shard's sending.

`engine` binds it to the store and to compiled issues; everything else knows neither.
"""
