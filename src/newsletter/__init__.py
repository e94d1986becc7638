"""A weekly digest of papers, different for each reader, delivered and accounted for.

How an issue flows, each stage a package named after it:

    content     documents become entries; entries of a week become a digest; `plan` chooses a
                reader's part of it
    rendering   a digest is compiled once per language and cut into fragments; a message is a
                join of those that the reader's plan names
    store       entries, lists, subscribers, issues and one row per delivery, in SQL
    audience    lists as files, subscribers in and out
    delivery    the rows of an issue go to a relay over SMTP; each ends in exactly one state
    tracking    what comes back: leaves, bounces, complaints, clicks
    workflow    assemble, freeze, send: the only module that knows every stage
    forecasting who would get an issue now; checking: what is wrong with it
    schedule    when; web: the public pages and the editors'; cli: the commands
"""

__version__ = "0.1.0"
